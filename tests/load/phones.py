"""The load test of a room: `python -m tests.load.phones 150` lets 150 phones answer a question.

The script starts the app, opens a room, and lets all phones join. Then it opens the question, and
each phone answers at a random moment within `--seconds`. Every tenth phone loses its connection
while it sends, and sends its answer again. The output says how long the phones waited for the word
"received", which votes were lost or counted twice, and how soon the wall knew all answers.

With `--train`, another visitor trains an agent meanwhile, and gets its pictures. With `--cluster`,
the script starts two processes of the app with one database of PostgreSQL, behind nginx. With
`--at`, it starts no app, but uses running ones:

    python -m tests.load.phones 150 --at http://127.0.0.1:8501 http://127.0.0.1:8502 --database …
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psutil

from pglab.classroom.lesson import ChoiceQuestion, Lesson, Step
from pglab.classroom.room.opening import OpenedRoom, load_room, open_room, room_of_key
from pglab.classroom.room.steering import close_question, open_question, reveal_answers
from pglab.classroom.room.tallies import tally
from pglab.classroom.room.watch import News, RoomWatch
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import new_key
from tests.browser.harness import ARTIFACTS, AppServer, running_app
from tests.databases import running_postgresql
from tests.load.report import Usage, quantiles
from tests.load.visitor import ENDLESS, PAGES, WIDE, LoadVisitor
from tests.room.client import PhoneClient
from tests.several_processes import several_processes
from tests.walks.walk import errors_in, warm

CHOICES = ("It collapses", "It learns", "It depends on the seed", "Nothing happens")
LESSON = Lesson(
    "Load",
    (
        Step(
            "Predict", "reinforce", task="Look.", question=ChoiceQuestion("What happens?", CHOICES)
        ),
    ),
)
FRAGILE = 10  # each phone with a number divisible by this loses its connection once
JOINING_SECONDS = 10.0  # all phones join within this time
PATIENCE = 10.0  # seconds for the wall to know the last answer


@dataclass
class Wall:
    """What a wall in another process than the app gets to know, and when."""

    answered: list[tuple[float, int]] = field(default_factory=list)  # times and numbers of answers

    def take(self, news: News) -> None:
        """Note the number of answers."""
        if not isinstance(news, str):
            self.answered.append((time.perf_counter(), news.tally.answered))

    def knew(self, number: int) -> float:
        """When the wall first knew this number of answers; infinity if it never did."""
        return next((at for at, n in self.answered if n >= number), float("inf"))

    @property
    def longest_gap(self) -> float:
        """The longest time between two news while answers came in."""
        times = [at for at, n in self.answered if n]
        return max((b - a for a, b in pairwise(times)), default=0.0)


def main() -> int:
    """Measure and print the results. Return 1 if a vote was lost or counted twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phones", type=int)
    parser.add_argument("--seconds", type=float, default=10.0, help="in which all phones answer")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--cluster", action="store_true", help="two processes behind nginx")
    parser.add_argument("--at", nargs="+", metavar="URL", help="addresses of running apps")
    parser.add_argument("--database", default=os.environ["PGLAB_DATABASE_URL"])
    arguments = parser.parse_args()
    if arguments.at:
        return asyncio.run(measure(arguments.at, None, arguments))
    if arguments.cluster:
        with cluster() as (url, arguments.database):
            return asyncio.run(measure([url], None, arguments))
    with running_app(ARTIFACTS / "load-phones.log") as server:
        return asyncio.run(measure([server.url], server, arguments))


@contextmanager
def cluster() -> Iterator[tuple[str, str]]:
    """Run two processes of the app. Yield their common address, and that of their database."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgresql() as database,
        several_processes(Path(folder), database) as several,
    ):
        yield several.url, database


async def measure(
    urls: Sequence[str], server: AppServer | None, arguments: argparse.Namespace
) -> int:
    """Run the load test on these apps; `server` is the one that this script has started."""
    if server is not None:
        await warm(server)
    library = open_library(arguments.database)
    opened = open_room(library, new_key(), LESSON)
    visitor = LoadVisitor(urls[0], PAGES[0], f"{ENDLESS}&{WIDE}&speed=full")
    phones = await joined(urls, opened, arguments.phones)
    if arguments.train:
        await visitor.visit(visitor.path)
        await visitor.start()
    wall = Wall()
    stop = RoomWatch(library).watch(opened.room, wall.take)
    before, begun = usage_of(server), time.perf_counter()
    visitor.measuring = arguments.train
    chosen, opening = await answered(library, opened, phones, arguments.seconds)
    after, last = usage_of(server), time.perf_counter()
    while wall.knew(len(phones)) == float("inf") and time.perf_counter() < last + PATIENCE:
        await asyncio.sleep(0.05)
    visitor.measuring = False
    stop()
    wrong = await revealed(library, opened, phones, chosen)
    errors = "" if server is None else errors_in(server.log)
    say(
        f"{len(phones)} phones, load of the machine {psutil.getloadavg()[0]:.1f}",
        f"question opened to phone: {quantiles(opening)}",
        f"tap to received: {in_milliseconds([s for phone in phones for s in phone.waits])}",
        f"wall: all answers {wall.knew(len(phones)) - last:+.2f} s after the last confirmation, "
        f"longest time between two news {wall.longest_gap:.2f} s",
        of_server(before, after, last - begun),
        of_run(visitor) if arguments.train else "no run beside it",
        f"votes: {wrong or 'none lost, none counted twice'}",
        f"errors: {visitor.problems or errors[:500] or 'none'}",
    )
    await asyncio.gather(*(phone.leave() for phone in phones))
    return bool(wrong or errors)


async def joined(urls: Sequence[str], opened: OpenedRoom, number: int) -> list[PhoneClient]:
    """Let phones join and connect, one after another, at all these apps in turn."""
    phones = [PhoneClient(urls[n % len(urls)]) for n in range(number)]
    waits: list[float] = []

    async def come(phone: PhoneClient, delay: float) -> None:
        await asyncio.sleep(delay)
        begun = time.perf_counter()
        await phone.join(opened.full_code)
        await phone.connect()
        waits.append(time.perf_counter() - begun)

    spread = JOINING_SECONDS / number
    await asyncio.gather(*(come(phone, n * spread) for n, phone in enumerate(phones)))
    say(f"joined: {quantiles(waits)}")
    return phones


async def answered(
    library: Library, opened: OpenedRoom, phones: list[PhoneClient], seconds: float
) -> tuple[Counter[int], list[float]]:
    """Open the question, and let all phones answer.

    Returns:
        How often each choice was chosen, and how many seconds each phone waited for the question.
    """
    dice = random.Random(1)
    chosen: Counter[int] = Counter()
    opening: list[float] = []
    version = room_of_key(library, opened.key).state.version
    begun = time.perf_counter()
    open_question(library, opened.key, version)

    async def take_part(phone: PhoneClient, choice: int, delay: float) -> None:
        await phone.until(lambda: phone.view["state"] == "open")
        opening.append(time.perf_counter() - begun)
        await asyncio.sleep(max(begun + delay - time.perf_counter(), 0.0))
        if phone.number % FRAGILE == 0:
            await phone.send({"step": 1, "answer": {"chosen": [choice]}})
            await phone.leave()
            await phone.connect()
        reply = await phone.answer(1, chosen=[choice])
        assert "received" in reply, reply
        chosen[choice] += 1

    await asyncio.gather(
        *(take_part(p, dice.randrange(len(CHOICES)), dice.uniform(1.0, seconds)) for p in phones)
    )
    return chosen, opening


async def revealed(
    library: Library, opened: OpenedRoom, phones: list[PhoneClient], chosen: Counter[int]
) -> str:
    """Close the question and reveal the answers; return what is wrong with them."""
    for change in (close_question, reveal_answers):
        change(library, opened.key, room_of_key(library, opened.key).state.version)
    for phone in phones:
        await phone.until(lambda phone=phone: phone.view["state"] == "revealed")  # type: ignore[misc]
    expected = tuple(chosen[choice] for choice in range(len(CHOICES)))
    stored = tally(library, load_room(library, opened.room), 1).counts
    shown = {tuple(phone.view["result"]["counts"]) for phone in phones}
    if stored == expected and shown == {expected}:
        return ""
    return f"sent {expected}, stored {stored}, shown {shown}"


def usage_of(server: AppServer | None) -> Usage | None:
    """The resources of the server that this script has started."""
    return None if server is None else Usage.of(server.process)


def of_server(before: Usage | None, after: Usage | None, seconds: float) -> str:
    """Summarise the server during a measurement of `seconds`."""
    if before is None or after is None:
        return "server: started by somebody else"
    used = after.cpu_seconds - before.cpu_seconds
    return f"server: {100 * used / seconds:.0f} % of one core, {after}"


def of_run(visitor: LoadVisitor) -> str:
    """Summarise the run beside the phones."""
    return (
        f"run beside it: {visitor.redraws_per_second:.1f} pictures/s, "
        f"{visitor.steps_per_second:,.0f} steps/s"
    )


def in_milliseconds(seconds: list[float]) -> str:
    """The median, the 95th percentile and the largest of some times."""
    ordered = sorted(1000 * second for second in seconds)
    places = (len(ordered) // 2, int(0.95 * len(ordered)), len(ordered) - 1)
    median, p95, largest = (ordered[min(place, len(ordered) - 1)] for place in places)
    return f"median {median:.0f} ms, p95 {p95:.0f} ms, largest {largest:.0f} ms"


def say(*lines: str) -> None:
    """Print lines immediately."""
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
