"""A visitor of the load test, who presses Run, answers each picture, and sometimes clicks."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.walks.messages import Parts, steps_in
from tests.walks.protocol import Visitor
from tests.walks.values import Control, another_value

PAGES = ("reinforce", "shared_body", "split_bodies")
ENDLESS = "total_steps=1000000&stop_when_solved=off"
WIDE = "hidden_sizes=512,512"  # so that a run lasts for more than a minute at full speed
CLICK_SECONDS = (5.0, 20.0)  # limits of the time between two clicks
SLIDER = "Discount γ"  # a change of this setting does not restart the run
CLICKS = {"pause and run": 4, "slider": 3, "chapter": 2, "page": 1}  # relative frequencies


@dataclass
class LoadVisitor(Visitor):
    """A tab that records the times of its pictures and clicks. All times are in seconds."""

    pictures_at: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # of pictures, until their arrival
    clicks: dict[str, list[float]] = field(default_factory=dict)  # until the effect; key: kind
    opened: list[float] = field(default_factory=list)  # time to the first picture of a page
    arrivals: list[float] = field(default_factory=list)  # the same, before the measurement
    watched: float = 0.0  # measured time with a run in progress
    trained: int = 0  # environment steps in this time
    measuring: bool = False

    async def visit(self, page: str) -> None:
        """Open a page and wait for its first picture."""
        begun = time.perf_counter()
        if self._socket is None:
            self.path = page
            await self.open()
        else:
            await self.go(page)
        await self._wait_for_channel(page, begun)

    async def reload(self) -> None:
        """Open the page in a new tab."""
        begun = time.perf_counter()
        await self.open()
        await self._wait_for_channel(self.path, begun)

    async def _wait_for_channel(self, page: str, begun: float) -> None:
        await self.wait_for(lambda: bool(self._channel) and self.path == page)
        opened = self.opened if self.measuring else self.arrivals
        opened.append(time.perf_counter() - begun)
        await self.settle()

    async def start(self) -> None:
        """Press Run and wait for the first picture of the run."""
        before = self.pictures
        with self.timed("run"):
            await self.press(self.button("Run"))
            await self.wait_for(lambda: self.pictures > before)

    async def let_watch(self) -> str:
        """Allow others to watch the run. Return the parameters of the link for the watchers."""
        switch = self.control("Let others watch")
        await self.send(WidgetState(id=switch.element.id, bool_value=True))
        await self.wait_for(lambda: bool(self.watch_link))
        await self.settle()
        return self.watch_link.partition("?")[2]

    async def stay(self, until: float, dice: random.Random, *, clicks: bool = True) -> None:
        """Watch the page and sometimes click, until `time.perf_counter()` reaches `until`."""
        self.measuring = True
        while not self.problems:
            left = until - time.perf_counter()
            await asyncio.sleep(max(min(left, dice.uniform(*CLICK_SECONDS)), 0.0))
            if time.perf_counter() >= until:
                break
            if clicks:
                await self._click(dice.choices(list(CLICKS), list(CLICKS.values()))[0], dice)
        self.measuring = False

    async def _click(self, kind: str, dice: random.Random) -> None:
        if kind == "pause and run":
            with self.timed("pause"):
                await self.press(self.button("Pause"))
                await self.wait_for(lambda: not self.running)
            await self.settle()
            await self.start()
        elif kind == "slider":
            with self.timed("slider"):
                slider = self.control(SLIDER)
                await self.send(another_value(slider, dice), fragment=slider.fragment)
                await self.settle()
        elif kind == "chapter":
            with self.timed("chapter"):
                chapters = self.control("Chapter")
                await self.send(another_value(chapters, dice), fragment=chapters.fragment)
                await self.settle()
        else:
            page, query = self.path, self.query
            await self.visit(dice.choice([other for other in PAGES if other != page]))
            self.path, self.query = page, query
            await self.reload()
            await self.start()

    def button(self, label: str) -> Control:
        """Return the button whose label contains this text."""
        return next(c for c in self.controls.values() if c.kind == "button" and label in c.label)

    def control(self, label: str) -> Control:
        """Return the control with this label."""
        return next(c for c in self.controls.values() if c.label == label)

    @contextmanager
    def timed(self, kind: str) -> Iterator[None]:
        """Record how long the code in the `with` block takes, as the time of a click."""
        begun = time.perf_counter()
        yield
        if self.measuring:
            self.clicks.setdefault(kind, []).append(time.perf_counter() - begun)

    async def wait_for(self, true: Callable[[], bool]) -> None:
        """Wait until the condition `true` returns true."""
        begun = time.perf_counter()
        while not true() and not self.problems:
            await asyncio.sleep(0.01)
            if time.perf_counter() - begun > self.patience:
                self.problems.append(f"nothing has come for {self.patience:g} seconds")

    def _take_live(self, head: dict[str, Any], parts: Parts | None, length: int) -> None:
        now, before = time.perf_counter(), self._steps_shown
        super()._take_live(head, parts, length)
        if parts is None or not self.measuring:
            return
        self.delays.append(now - head["at"])
        if self.pictures_at:
            gap = now - self.pictures_at[-1]
            if gap < 3.0 and steps_in(parts) >= before:
                self.watched += gap
                self.trained += steps_in(parts) - before
        self.pictures_at.append(now)

    @property
    def redraws_per_second(self) -> float:
        """Pictures per second while the run was in progress."""
        return len(self.pictures_at) / self.watched if self.watched else 0.0

    @property
    def steps_per_second(self) -> float:
        """Environment steps per second while the run was in progress."""
        return self.trained / self.watched if self.watched else 0.0
