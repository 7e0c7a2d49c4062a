"""Kills the app with SIGKILL while visitors train, and counts what they have lost.

`python -m tests.browser.killing 20` kills 20 times. `--database URL` names another database.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from playwright.sync_api import Browser

from pglab.library.encoding import decoded, encoded
from pglab.library.snapshot import contents_of
from pglab.library.store.opening import open_library
from pglab.session.training_session import TrainingSession
from tests.browser.harness import free_port, running_app, running_browser
from tests.browser.lab_page import CRITIC_FIGURES, FIGURES, LabPage

PAGES = {"reinforce": FIGURES, "shared_body": CRITIC_FIGURES, "split_bodies": CRITIC_FIGURES}
SHORTEST, LONGEST = 1.0, 9.0  # seconds of training before a kill
QUERY = "?stop_when_solved=off&total_steps=1000000&speed=2000"


@dataclass
class Report:
    """What the visitors have lost: for each kill and visitor, training in seconds."""

    lost_seconds: list[float] = field(default_factory=list)
    exact: int = 0  # number of runs that equal an uninterrupted run at the end


@dataclass
class Visitor:
    """A visitor with the steps that the page has shown, each with its time."""

    lab: LabPage
    seen: list[tuple[float, int]] = field(default_factory=list)

    def look(self) -> None:
        self.seen.append((time.monotonic(), self.lab.steps))

    def lost_since(self, kept: int) -> float:
        """The seconds between the last step that is kept and the last picture."""
        last = self.seen[-1][0]
        return last - max((at for at, steps in self.seen if steps <= kept), default=last)


def kill_while_three_visitors_train(
    browser: Browser, folder: Path, database: str, *, kills: int, moments: random.Random
) -> Report:
    """Kill and restart the app `kills` times; the app uses the database in its environment."""
    report, port = Report(), free_port()
    visitors = [
        Visitor(LabPage(browser.new_context().new_page(), page, figures))
        for page, figures in PAGES.items()
    ]
    for number in range(kills + 1):
        with running_app(folder / f"server-{number}.log", port=port) as server:
            for visitor in visitors:
                if number:
                    visitor.lab.page.reload()
                    visitor.lab.wait_until_painted()
                    report.lost_seconds.append(visitor.lost_since(visitor.lab.steps))
                    visitor.seen.clear()
                else:
                    visitor.lab.open(QUERY, server=server.url)
            if number == kills:
                break
            for visitor in visitors:
                visitor.lab.press("run")
            end = time.monotonic() + moments.uniform(SHORTEST, LONGEST)
            while time.monotonic() < end or not all(visitor.lab.steps for visitor in visitors):
                for visitor in visitors:
                    visitor.look()
            server.process.kill()
    report.exact = sum(is_exact(database, visitor.lab.run_address or "") for visitor in visitors)
    for visitor in visitors:
        visitor.lab.page.context.close()
    return report


def is_exact(database: str, address: str) -> bool:
    """Whether a stored run equals an uninterrupted run of the same settings, bit for bit."""
    library = open_library(database)
    stored = library.load(address)
    library.close()
    assert stored is not None
    contents = decoded(stored.data, stored.blocks)
    session = TrainingSession(contents.initial_config)
    session.advance("step", contents.global_step)
    alone = contents_of(session)
    return encoded(replace(contents, training_seconds=0)) == encoded(
        replace(alone, training_seconds=0)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=20)
    parser.add_argument("--database", default="")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, running_browser() as browser:
        database = chosen.database or f"sqlite:///{folder}/runs.sqlite3"
        os.environ["PGLAB_DATABASE_URL"] = database
        report = kill_while_three_visitors_train(
            browser, Path(folder), database, kills=chosen.kills, moments=random.Random()
        )
    lost = sorted(report.lost_seconds)
    sys.stdout.write(
        f"{chosen.kills} kills, three visitors: lost {lost[len(lost) // 2]:.1f} s in the median, "
        f"{lost[-1]:.1f} s at most; {report.exact} of 3 runs equal uninterrupted runs\n"
    )


if __name__ == "__main__":
    main()
