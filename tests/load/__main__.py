"""The load test: `python -m tests.load 30 reinforce` starts the app and 30 simulated visitors.

Each visitor presses Run, and answers each picture as a browser does. From time to time, a visitor
pauses and continues the run, moves a slider, opens a chapter, or changes the page. All visitors
start on the named page. With the name `mixed`, they start on different agents' pages. The output
summarises all visitors: pictures per second, delay of a picture, time from a click to its effect,
time to open a page, training speed, size of a picture, and the server's processor time and memory.

With `--watchers W`, W more visitors watch the first visitor's run. `--browsers K` adds K windows of
a real browser. With `--room`, all visitors are members of a room, and each of them trains a seed of
his own for the class. With `--map`, one more visitor trains a map. With `--minutes M`, visitors
come and go for M minutes. For each minute, the output then shows the server's memory, threads and
open files.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from contextlib import AsyncExitStack

from tests.browser.harness import ARTIFACTS, AppServer, running_app
from tests.load.map_beside import MapBeside
from tests.load.report import Usage, of_minutes, of_visitors, of_watchers
from tests.load.room import LoadRoom
from tests.load.visitor import ENDLESS, PAGES, LoadVisitor
from tests.load.windows import Windows
from tests.walks.walk import errors_in, warm

ARRIVAL_SECONDS = 0.1  # between the arrivals of two visitors
AFTERWARDS_SECONDS = 70.0  # after this time, the server has forgotten closed tabs
REST_SHARE = 0.1  # a server that uses less than this share of a core is at rest
REST_SECONDS = 2.0  # the share is measured over this time
MOST_MEASUREMENTS = 60  # until the server must be at rest
SETTLING_SECONDS = 3.0  # after this time, all visitors have a picture
VISIT_SECONDS = (40.0, 120.0)  # shortest and longest visit with `--minutes`
MINUTE = 60.0


def main() -> int:
    """Measure and print the results. Return 1 if there were errors, and 0 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("visitors", type=int)
    parser.add_argument("page", nargs="?", default=PAGES[0], choices=[*PAGES, "mixed"])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--minutes", type=int, default=0)
    parser.add_argument("--watchers", type=int, default=0)
    parser.add_argument("--browsers", type=int, default=0)
    parser.add_argument("--room", action="store_true", help="all visitors train for a room")
    parser.add_argument("--map", action="store_true", help="a map trains beside the visitors")
    parser.add_argument("--speed", default="", help="speed of the runs: steps per second, or full")
    parser.add_argument("--leave", action="store_true", help="also measure memory after all visits")
    arguments = parser.parse_args()
    with running_app(ARTIFACTS / "load.log") as server:
        return asyncio.run(measure(server, arguments))


async def measure(server: AppServer, arguments: argparse.Namespace) -> int:
    """Run the load test on this server. Print the memory and the errors. Return 1 for errors."""
    await warm(server)
    before = await usage_at_rest(server)
    pages = PAGES if arguments.page == "mixed" else (arguments.page,)
    speed = f"&speed={arguments.speed}" if arguments.speed else ""
    room = LoadRoom(pages[0]) if arguments.room else None
    visitors = [
        LoadVisitor(server.url, pages[n % len(pages)], ENDLESS + speed)
        if room is None
        else await room.visitor(server.url, speed)
        for n in range(arguments.visitors)
    ]
    beside = MapBeside(server.url) if arguments.map else None
    if beside is not None:
        await beside.start()
    if arguments.minutes:
        problems = await soak(server, visitors, arguments.minutes)
    else:
        problems = await one_class(server, visitors, arguments)
    say(*(part.report() for part in (room, beside) if part is not None))
    if beside is not None:
        problems += beside.visitor.problems
        await beside.visitor.close()
    during = Usage.of(server.process)
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    told = f"memory: {before.megabytes:.0f} MB before, {during.megabytes:.0f} MB during"
    if arguments.leave:
        await asyncio.sleep(AFTERWARDS_SECONDS)
        await warm(server)  # during a visit, the server deletes unused data
        told += f", {(await usage_at_rest(server)).megabytes:.0f} MB a minute after"
    errors = errors_in(server.log)
    say(told, f"errors: {problems[:5] or 'none'} {errors[:500]}")
    return bool(problems or errors)


async def usage_at_rest(server: AppServer) -> Usage:
    """Wait until the server is at rest, and return its usage. A new server loads libraries.

    Raises:
        TimeoutError: the server still works after two minutes.
    """
    usage = Usage.of(server.process)
    for _ in range(MOST_MEASUREMENTS):
        await asyncio.sleep(REST_SECONDS)
        last, usage = usage, Usage.of(server.process)
        if usage.cpu_seconds - last.cpu_seconds < REST_SHARE * REST_SECONDS:
            return usage
    raise TimeoutError("The server is still busy, so its memory at rest cannot be read.")


async def one_class(
    server: AppServer, visitors: list[LoadVisitor], arguments: argparse.Namespace
) -> list[str]:
    """Let all visitors train and click for some time. Print the measurements of this time."""
    async with AsyncExitStack() as stack:
        windows = await stack.enter_async_context(Windows(arguments.browsers))
        await asyncio.gather(*(arrive(v, n * ARRIVAL_SECONDS) for n, v in enumerate(visitors)))
        watchers = await watchers_of(visitors[0], arguments.watchers)
        await windows.open(f"{server.url}/{visitors[0].path}?{visitors[0].query}")
        await asyncio.sleep(SETTLING_SECONDS)
        begun, usage = time.perf_counter(), Usage.of(server.process)
        await windows.begin()
        clicks = not arguments.watchers  # if others watch a run, nobody clicks
        until = begun + arguments.seconds
        everybody = enumerate([*visitors, *watchers])
        stays = (v.stay(until, random.Random(n), clicks=clicks) for n, v in everybody)
        await asyncio.gather(*stays)
        seconds = time.perf_counter() - begun
        used = Usage.of(server.process).cpu_seconds - usage.cpu_seconds
        say(*of_visitors(visitors, used), *of_watchers(watchers, used, seconds))
        say(*await windows.report(seconds))
        await asyncio.gather(*(watcher.close() for watcher in watchers))
        return [p for v in [*visitors, *watchers] for p in v.problems] + windows.problems


async def arrive(visitor: LoadVisitor, delay: float) -> None:
    """After a delay, open the visitor's page and start the run."""
    await asyncio.sleep(delay)
    await visitor.visit(visitor.path)
    await visitor.start()


async def watchers_of(owner: LoadVisitor, count: int) -> list[LoadVisitor]:
    """Make `count` visitors, and let them watch the owner's run."""
    if not count:
        return []
    link = await owner.let_watch()
    watchers = [LoadVisitor(owner.url, "watch", link) for _ in range(count)]
    for watcher in watchers:
        await watcher.visit("watch")
    return watchers


async def soak(server: AppServer, visitors: list[LoadVisitor], minutes: int) -> list[str]:
    """Let visitors come and go. After each minute, print the server's memory, threads and files."""
    until = time.perf_counter() + minutes * MINUTE
    tasks = [asyncio.create_task(come_and_go(v, until, n)) for n, v in enumerate(visitors)]
    usages = []
    for minute in range(1, minutes + 1):
        await asyncio.sleep(max(until - (minutes - minute) * MINUTE - time.perf_counter(), 0.0))
        usages.append(Usage.of(server.process))
        say(f"minute {minute}: {usages[-1]}")
    await asyncio.gather(*tasks)
    say(of_minutes(usages))
    return [problem for visitor in visitors for problem in visitor.problems]


async def come_and_go(visitor: LoadVisitor, until: float, seed: int) -> None:
    """Let a visitor open the page, train, close the tab and begin again, until the time is up."""
    dice = random.Random(seed)
    page, query = visitor.path, visitor.query
    await asyncio.sleep(seed * ARRIVAL_SECONDS)
    while time.perf_counter() < until and not visitor.problems:
        visitor.history = []
        visitor.path, visitor.query = page, query
        await visitor.reload()
        await visitor.start()
        leaves = time.perf_counter() + dice.uniform(*VISIT_SECONDS)
        await visitor.stay(min(until, leaves), dice)
        await visitor.close()


def say(*lines: str) -> None:
    """Print lines immediately, because a measurement takes long."""
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
