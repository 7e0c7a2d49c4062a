"""A class on one server: `python -m tests.load 30 reinforce` starts the app and 30 visitors.

Every visitor presses Run and answers each picture as a browser does. Now and then, visitors pause
and go on, move a slider, open a chapter, and change the page. The page is that of an agent, or
`mixed`. The output says for all visitors: pictures per second, delay of a picture, click to effect,
time to open a page, training, size of a picture, and the server's processor time and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

import psutil

from tests.browser.harness import ARTIFACTS, AppServer, running_app
from tests.load.visitor import ENDLESS, PAGES, LoadVisitor
from tests.walks.walk import errors_in, warm

ARRIVAL_SECONDS = 0.1  # between two visitors
AFTERWARDS_SECONDS = 70.0  # until the server has forgotten closed tabs
MEGABYTE = 1e6


def main() -> int:
    """Measure and print; return 1 if a visitor or the server met an error, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("visitors", type=int)
    parser.add_argument("page", nargs="?", default=PAGES[0], choices=[*PAGES, "mixed"])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--speed", default="", help="of the runs: steps per second, or full")
    parser.add_argument("--leave", action="store_true", help="also measure memory afterwards")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        server = stack.enter_context(running_app(ARTIFACTS / "load.log"))
        return asyncio.run(measure(server, arguments))


async def measure(server: AppServer, arguments: argparse.Namespace) -> int:
    """Let all visitors visit the server, and print what they have met."""
    await warm(server)
    before = memory(server.process)
    query = ENDLESS + (f"&speed={arguments.speed}" if arguments.speed else "")
    pages = PAGES if arguments.page == "mixed" else (arguments.page,)
    visitors = [
        LoadVisitor(server.url, pages[n % len(pages)], query) for n in range(arguments.visitors)
    ]
    await asyncio.gather(*(arrive(v, n * ARRIVAL_SECONDS) for n, v in enumerate(visitors)))
    server.process.cpu_percent()
    begun, used = time.perf_counter(), cpu_seconds(server.process)
    stay = (v.stay(begun + arguments.seconds, random.Random(n)) for n, v in enumerate(visitors))
    await asyncio.gather(*stay)
    used = cpu_seconds(server.process) - used
    during = memory(server.process)
    for line in report(visitors, used):
        sys.stdout.write(line + "\n")
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    sys.stdout.write(f"memory: {before:.0f} MB before, {during:.0f} MB during")
    if arguments.leave:
        await asyncio.sleep(AFTERWARDS_SECONDS)
        await warm(server)  # a new visit lets the server look for what is unused
        sys.stdout.write(f", {memory(server.process):.0f} MB a minute after")
    problems = [problem for visitor in visitors for problem in visitor.problems]
    errors = errors_in(server.log)
    sys.stdout.write(f"\nerrors: {problems[:5] or 'none'} {errors[:500]}\n")
    return bool(problems or errors)


async def arrive(visitor: LoadVisitor, delay: float) -> None:
    """Open the visitor's page after a delay, and start the run."""
    await asyncio.sleep(delay)
    await visitor.visit(visitor.path)
    await visitor.start()


def report(visitors: Sequence[LoadVisitor], used: float) -> list[str]:
    """Return the lines of the result; `used` are the server's seconds of processor time."""
    redraws = sorted(visitor.redraws_per_second for visitor in visitors)
    steps = sorted(visitor.steps_per_second for visitor in visitors)
    pictures = sum(len(visitor.pictures_at) for visitor in visitors)
    size = sum(v.bytes_received for v in visitors) / max(sum(v.pictures for v in visitors), 1)
    clicks: dict[str, list[float]] = {}
    for visitor in visitors:
        for kind, seconds in visitor.clicks.items():
            clicks.setdefault(kind, []).extend(seconds)
    together = [second for seconds in clicks.values() for second in seconds]
    return [
        f"redraws/s: median {statistics.median(redraws):.2f}, least {redraws[0]:.2f}",
        f"delay of a picture: {quantiles([d for v in visitors for d in v.delays])}",
        f"click to effect: {quantiles(together)}",
        *(f"  {kind}: {quantiles(seconds)}" for kind, seconds in sorted(clicks.items())),
        f"page opened: {quantiles([seconds for v in visitors for seconds in v.opened])}",
        f"training: {sum(steps):,.0f} steps/s in sum, median {statistics.median(steps):,.0f}, "
        f"least {steps[0]:,.0f}",
        f"picture: {size / 1000:.1f} kB, {1000 * used / max(pictures, 1):.1f} ms of processor "
        "time with training",
    ]


def quantiles(seconds: Sequence[float]) -> str:
    """Return the median, the 95th percentile and the number of some times."""
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"median {statistics.median(ordered):.2f} s, p95 {p95:.2f} s of {len(ordered)}"


def memory(process: psutil.Process) -> float:
    """Return the resident memory of the server in megabytes."""
    return float(process.memory_info().rss) / MEGABYTE


def cpu_seconds(process: psutil.Process) -> float:
    """Return the processor time that the server has used so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    sys.exit(main())
