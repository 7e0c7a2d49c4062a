"""The load test of one run for all: `python -m tests.load.following 200`.

The script starts the app, trains a run at full speed, and shows it in a room. Each of 200 phones
follows the room and the run, and says "ready" after each picture, as the browser does. Meanwhile,
the phones answer the questions of the room, one after another: together `--rate` answers a second.
The output says how many pictures each phone got, how old they were when they came, how long the
phones waited for the word "received", and which answers were lost or counted twice.

The phones share the processor with the app, so they do nothing with the pictures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil
import websockets

from pglab.classroom.lesson import ChoiceQuestion, Lesson, Step
from pglab.classroom.room.live import show_run
from pglab.classroom.room.opening import OpenedRoom, load_room, open_room
from pglab.classroom.room.state import LiveRun
from pglab.classroom.room.steering import set_mode
from pglab.classroom.room.tallies import tally
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import new_key
from pglab.ui.stage.socket import READY
from tests.browser.harness import ARTIFACTS, AppServer, running_app
from tests.load.phones import CHOICES, in_milliseconds, joined, of_run, of_server, say, usage_of
from tests.load.report import Usage
from tests.load.visitor import ENDLESS, PAGES, WIDE, LoadVisitor
from tests.room.client import PhoneClient
from tests.walks.messages import read_head
from tests.walks.walk import errors_in, warm

PAINT_SECONDS = 0.03  # that a browser needs for a picture
SETTLING_SECONDS = 3.0  # before the measurement
STEPS = 20  # of the lesson, each with a question


@dataclass
class Follower:
    """A phone that follows the run. All times are in seconds."""

    phone: PhoneClient
    pictures: int = 0
    delays: list[float] = field(default_factory=list)  # from the begin of the drawing to here
    bytes_received: int = 0

    async def follow(self) -> None:
        """Wait until the room shows a run, then follow this run."""
        await self.phone.until(lambda: bool(self.phone.view["run"]))
        name = self.phone.view["run"]["name"]
        address = f"{self.phone.url.replace('http', 'ws', 1)}/live/{name}"
        async with websockets.connect(address, max_size=None, compression=None) as socket:
            await socket.send(READY)
            async for raw in socket:
                assert isinstance(raw, bytes)
                self._take(raw)
                await asyncio.sleep(PAINT_SECONDS)
                await socket.send(READY)

    def _take(self, raw: bytes) -> None:
        now, head = time.perf_counter(), read_head(raw)
        self.bytes_received += len(raw)
        if "sent" in head:
            self.pictures += 1
            self.delays.append(now - head["at"])

    def begin(self) -> None:
        """Forget what came before the measurement."""
        self.pictures, self.bytes_received, self.delays = 0, 0, []


@dataclass
class Answers:
    """The answers of all phones: how often each choice was chosen, by lesson steps."""

    sent: dict[int, Counter[int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    async def give(self, phones: Sequence[PhoneClient], rate: float, until: float) -> None:
        """Let one phone after another answer, `rate` times a second, step after step."""
        begun, tasks = time.perf_counter(), []
        for number in range(int((until - begun) * rate)):
            await asyncio.sleep(max(begun + number / rate - time.perf_counter(), 0.0))
            step, place = divmod(number, len(phones))
            tasks.append(asyncio.create_task(self._give(phones[place], step + 1, number)))
        await asyncio.gather(*tasks)

    async def _give(self, phone: PhoneClient, step: int, number: int) -> None:
        choice = number % len(CHOICES)
        reply = await phone.answer(step, chosen=[choice])
        if "received" in reply:
            self.sent.setdefault(step, Counter())[choice] += 1
        else:
            self.refused.append(json.dumps(reply))

    def wrong(self, library: Library, room: str) -> str:
        """What is stored but was not sent, or the other way round."""
        found, wrong = load_room(library, room), [*self.refused]
        for step, sent in self.sent.items():
            expected = tuple(sent[choice] for choice in range(len(CHOICES)))
            stored = tally(library, found, step).counts
            if stored != expected:
                wrong.append(f"step {step}: sent {expected}, stored {stored}")
        return "; ".join(wrong[:5])

    @property
    def number(self) -> int:
        """How many answers were received."""
        return sum(counts.total() for counts in self.sent.values())


def main() -> int:
    """Measure and print the results. Return 1 if an answer was lost or counted twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phones", type=int)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=30.0, help="answers a second")
    arguments = parser.parse_args()
    if arguments.rate * arguments.seconds > STEPS * arguments.phones:
        parser.error(f"each phone can answer only {STEPS} times; measure for a shorter time")
    with running_app(ARTIFACTS / "load-following.log") as server:
        return asyncio.run(measure(server, arguments))


async def measure(server: AppServer, arguments: argparse.Namespace) -> int:
    """Run the load test on this app."""
    await warm(server)
    library, owner = open_library(os.environ["PGLAB_DATABASE_URL"]), new_key()
    opened = open_room(library, owner, lesson())
    set_mode(library, opened.key, 1, "free")
    visitor = LoadVisitor(server.url, PAGES[0], f"{ENDLESS}&{WIDE}&speed=full")
    phones = await joined([server.url], opened, arguments.phones)
    await share(visitor, library, opened, owner)
    followers = [Follower(phone) for phone in phones]
    following = [asyncio.create_task(follower.follow()) for follower in followers]
    await asyncio.sleep(SETTLING_SECONDS)
    answers, seconds = Answers(), arguments.seconds
    for follower in followers:
        follower.begin()
    visitor.measuring = True
    before, own = usage_of(server), Usage.of(psutil.Process())
    begun = time.perf_counter()
    await answers.give(phones, arguments.rate, begun + seconds)
    passed = time.perf_counter() - begun
    after, own_after = usage_of(server), Usage.of(psutil.Process())
    visitor.measuring = False
    wrong, errors = answers.wrong(library, opened.room), errors_in(server.log)
    problems = visitor.problems if visitor.running else ["the run has ended too early"]
    say(
        *of_followers(followers, passed),
        f"{answers.number} answers, {answers.number / passed:.1f} a second; tap to received: "
        f"{in_milliseconds([second for phone in phones for second in phone.waits])}",
        of_server(before, after, passed),
        of_server(own, own_after, passed).replace("server", "phones"),
        of_run(visitor),
        f"answers: {wrong or 'none lost, none counted twice'}",
        f"errors: {problems or errors[:500] or 'none'}",
    )
    ended = [task for task in following if task.done()]
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    await asyncio.gather(*(phone.leave() for phone in phones), visitor.close())
    return bool(wrong or errors or problems or ended)


def lesson() -> Lesson:
    """A lesson with as many questions as phones can answer."""
    asked = ChoiceQuestion("What happens?", CHOICES)
    return Lesson("Load", tuple(Step(f"{n}", "reinforce", question=asked) for n in range(STEPS)))


async def share(visitor: LoadVisitor, library: Library, opened: OpenedRoom, owner: str) -> None:
    """Start the teacher's run, and show it in the room."""
    await visitor.visit(visitor.path)
    link = await visitor.let_watch()
    await visitor.start()
    show_run(library, opened.room, owner, LiveRun(link.partition("=")[2], "REINFORCE"))


def of_followers(followers: Sequence[Follower], seconds: float) -> list[str]:
    """Summarise what the phones got of the run within `seconds`."""
    rates = sorted(follower.pictures / seconds for follower in followers)
    megabytes = sum(follower.bytes_received for follower in followers) / 1e6
    delays = [delay for follower in followers for delay in follower.delays]
    return [
        f"{len(followers)} phones, load of the machine {psutil.getloadavg()[0]:.1f}",
        f"pictures a second: median {statistics.median(rates):.2f}, least {rates[0]:.2f}; "
        f"{megabytes / seconds:.1f} MB a second",
        f"drawn to received: {in_milliseconds(delays)}",
    ]


if __name__ == "__main__":
    sys.exit(main())
