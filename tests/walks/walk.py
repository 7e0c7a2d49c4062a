"""Makes random visits to the app: `python -m tests.walks --walks 200 --actions 30`.

A walk fails if the page shows an exception, if a server's log contains an error, or if the walk
takes too long. The command also fails if no run advances in any walk. A failed walk prints its seed
and its actions. To repeat the random choices of a walk, use `--seed SEED --walks 1`. The timing of
the requests may still differ.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.browser.harness import AppServer
from tests.walks.protocol import Visitor
from tests.walks.values import Control, another_value, shown_value

PAGES = (
    "",
    "reinforce",
    "shared_body",
    "split_bodies",
    "compare",
    "maps",
    "gradient_lab",
    "my_runs",
)
LINKS = (
    "",
    "",
    "",
    "seeds=2",
    "gamma=0.9&x=3&y=1",
    "seed=99999999999999999999",
    "x=9&y=9&at=nan",
    "at=1e999,-inf,0,0&action=%00&critic=-1&chapter=Nowhere",
    "at=0,0,0.1,0&x=0&y=1&critic=4&run=1&step=-1&try=nothing",
    "try=no_discount&episodes=100&lang=xx",
    "seed=" + "9" * 5_000 + "&at=" + "0," * 2_000 + "&" + "x" * 500 + "=1",
)
WALK_SECONDS = 240.0
FIRST_SECONDS = 300.0
STARTS = ("Run", "Continue", "Watch REINFORCE learn", "Draw 50 episodes", "Draw 100 episodes")
ERROR_IN_LOG = re.compile(r"Traceback|\bERROR\b|Error:|Exception")
LOG_CHARACTERS = 6_000
# The actions and their relative frequencies.
ACTIONS = {
    "run": 4,
    "press": 6,
    "twice": 2,
    "turn": 8,
    "several": 2,
    "quickly": 2,
    "rebuilt": 2,
    "look on": 4,
    "go": 2,
    "back": 1,
    "reload": 1,
}
NO_WAIT = 0.35  # share of the actions that are not followed by a wait for an answer
PROGRESS_EACH = 25  # number of walks between two messages
LONGEST_HASTE = 0.15  # seconds; the longest time between two quick actions


@dataclass
class Walk:
    """A random visit: its visitor, its random generator, and its actions so far."""

    visitor: Visitor
    seed: int
    dice: random.Random
    pages: tuple[str, ...]
    done: list[str] = field(default_factory=list)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    async def go_through(self, actions: int) -> None:
        """Open the page and perform this number of actions. Stop at the first problem."""
        visitor = self.visitor
        self.done.append(f"open /{visitor.path}?{visitor.query[:99]}")
        await visitor.open()
        await visitor.settle()
        while len(self.done) <= actions and not visitor.problems:
            begun = time.perf_counter()
            name, what = await self._act()
            if self.dice.random() < NO_WAIT:
                await asyncio.sleep(self.dice.random() * LONGEST_HASTE)
            else:
                await visitor.settle()
            self.seconds[name] += time.perf_counter() - begun
            self.done.append(f"{name} {what}")
        await visitor.settle()

    async def _act(self) -> tuple[str, str]:
        """Perform a random action. Return the name and a description of this action."""
        visitor, dice = self.visitor, self.dice
        usable = [c for _, c in sorted(visitor.controls.items()) if not c.disabled]
        pressed = [c for c in usable if c.kind == "button"]
        turned = [c for c in usable if c.holds_value]
        name = dice.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        starts = [c for c in pressed if c.label in STARTS]
        if name == "run" and starts and not visitor.running:
            return name, await self._press(starts[0], 1)
        if name in ("run", "press", "twice") and pressed:
            return name, await self._press(dice.choice(pressed), 1 + (name == "twice"))
        if name in ("turn", "several") and turned:
            chosen = dice.sample(turned, min(len(turned), 3 if name == "several" else 1))
            return name, await self._say([(c, another_value(c, dice)) for c in chosen])
        if name == "quickly" and turned:
            return name, await self._turn_quickly(dice.choice(turned))
        if name == "rebuilt" and turned:
            fragment = dice.choice(turned).fragment
            anew = [c for c in turned if c.fragment == fragment]
            return name, await self._say(
                [(c, shown_value(c.kind, c.element, anew=True)) for c in anew]
            )
        if name == "go":
            page = dice.choice(self.pages)
            await visitor.go(page)
            return name, f"to /{page}"
        if name == "back":
            await visitor.go_back()
            path, query = visitor.history[-1]
            return name, f"to /{path}?{query[:99]}"
        if name == "reload":
            await visitor.open()
            return name, f"/{visitor.path}?{visitor.query[:99]}"
        await visitor.look_on(3)
        return "look on", f"{visitor.steps} steps"

    async def _press(self, button: Control, times: int) -> str:
        for _ in range(times):
            await self.visitor.press(button)
        return button.label

    async def _say(self, said: list[tuple[Control, WidgetState]]) -> str:
        """Send these values in one request. Like a browser, name the first control's fragment."""
        await self.visitor.send(*(state for _, state in said), fragment=said[0][0].fragment)
        return str([(control.label, _short(state)) for control, state in said])

    async def _turn_quickly(self, control: Control) -> str:
        """Send several values quickly, as a browser does while a key is held down."""
        states = [another_value(control, self.dice) for _ in range(self.dice.randint(3, 8))]
        for state in states:
            await self.visitor.send(state, fragment=control.fragment)
            await asyncio.sleep(self.dice.random() * LONGEST_HASTE)
        return f"{control.label} {[_short(state) for state in states]}"


def _short(state: WidgetState) -> str:
    """Return a control's value as short text."""
    shown = WidgetState()
    shown.CopyFrom(state)
    shown.ClearField("id")
    return " ".join(str(shown).split())[-60:]


async def walk(
    url: str,
    seed: int,
    actions: int,
    pages: tuple[str, ...] = PAGES,
    links: tuple[str, ...] = LINKS,
) -> Walk:
    """Make one random visit. The `problems` of its visitor describe all errors."""
    dice = random.Random(seed)
    taken = Walk(Visitor(url, dice.choice(pages), dice.choice(links)), seed, dice, pages)
    try:
        async with asyncio.timeout(WALK_SECONDS) as limit:
            await taken.go_through(actions)
    except TimeoutError as error:
        cut = f"cut after {WALK_SECONDS:g} seconds"
        taken.visitor.problems.append(cut if limit.expired() else repr(error))
    finally:
        await taken.visitor.close()
    return taken


def errors_in(log: Path) -> str:
    """Return the log from the first error on. Without an error, return an empty text."""
    text = log.read_text(encoding="utf-8", errors="replace")
    found = ERROR_IN_LOG.search(text)
    return text[found.start() :][:LOG_CHARACTERS] if found else ""


async def warm(server: AppServer) -> None:
    """Make a first visit, and wait until the server has loaded and compiled everything."""
    visitor = Visitor(server.url, PAGES[1], "", patience=FIRST_SECONDS)
    await visitor.open()
    await visitor.settle()
    await visitor.close()


async def walk_all(servers: list[AppServer], arguments: argparse.Namespace) -> list[str]:
    """Make all walks, several at once, and print their sums. Return a report on each failure."""
    gate, reports, walks = asyncio.Semaphore(arguments.at_once), [], []

    async def one(seed: int) -> None:
        async with gate:
            server = servers[seed % len(servers)]
            taken = await walk(server.url, seed, arguments.actions)
        walks.append(taken)
        if len(walks) % PROGRESS_EACH == 0:
            sys.stdout.write(f"{len(walks)} walks\n")
            sys.stdout.flush()
        if taken.visitor.problems:
            lines = [*(f"  {n} {text}" for n, text in enumerate(taken.done))]
            lines += taken.visitor.problems
            reports.append("\n".join([f"walk with seed {seed} failed:", *lines]))
            sys.stdout.write(reports[-1] + "\n")
            sys.stdout.flush()

    for server in servers:
        await warm(server)
    first = arguments.seed
    await asyncio.gather(*(one(seed) for seed in range(first, first + arguments.walks)))
    for server in servers:
        if errors := errors_in(server.log):
            reports.append(f"in the log {server.log}:\n{errors}")
            sys.stdout.write(reports[-1] + "\n")
    if sum(taken.visitor.steps for taken in walks) == 0:
        reports.append("no run has advanced")
    sys.stdout.write(_sums(walks, servers) + "\n")
    return reports


def _sums(walks: list[Walk], servers: list[AppServer]) -> str:
    visitors = [taken.visitor for taken in walks]
    done = Counter(
        next(name for name in ACTIONS if text.startswith(name))
        for taken in walks
        for text in taken.done[1:]
    )
    seconds: defaultdict[str, float] = defaultdict(float)
    for taken in walks:
        for name, spent in taken.seconds.items():
            seconds[name] += spent
    each = {name: f"{seconds[name] / max(count, 1):.2f} s" for name, count in done.items()}
    longest = {
        taken.seed: round(sum(taken.seconds.values()))
        for taken in sorted(walks, key=lambda taken: -sum(taken.seconds.values()))[:5]
    }
    usage = [
        f"{sum(server.process.cpu_times()[:2]):.0f} s of processor time, "
        f"{server.process.memory_info().rss / 1e6:.0f} MB"
        for server in servers
    ]
    totals = {
        what: sum(getattr(visitor, what) for visitor in visitors)
        for what in ("answers", "dropped", "pictures", "redraws", "steps")
    }
    return "\n".join(
        [
            f"{sum(done.values())} actions: {dict(done)}",
            f"seconds each, with waiting: {each}",
            f"{totals}",
            f"the longest walks, seconds: {longest}",
            *(f"server: {text}" for text in usage),
        ]
    )
