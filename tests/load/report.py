"""Formats the results of the load test as lines of text."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from tests.load.visitor import LoadVisitor

MEGABYTE = 1e6


@dataclass(frozen=True)
class Usage:
    """The resources that the server process uses at one moment."""

    megabytes: float  # resident memory
    cpu_seconds: float  # processor time since the start
    threads: int
    files: int  # open files and sockets

    @classmethod
    def of(cls, process: psutil.Process) -> Usage:
        """Read the resources from the server's process."""
        times = process.cpu_times()
        return cls(
            process.memory_info().rss / MEGABYTE,
            times.user + times.system,
            process.num_threads(),
            process.num_fds(),
        )

    def __str__(self) -> str:
        return f"{self.megabytes:.0f} MB, {self.threads} threads, {self.files} files and sockets"


def of_visitors(visitors: Sequence[LoadVisitor], used: float) -> list[str]:
    """Summarise the visitors. `used` is the server's processor time in seconds."""
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
        f"page opened meanwhile: {quantiles([seconds for v in visitors for seconds in v.opened])}",
        f"  on arrival: {quantiles([seconds for v in visitors for seconds in v.arrivals])}",
        f"training: {sum(steps):,.0f} steps/s in sum, median {statistics.median(steps):,.0f}, "
        f"least {steps[0]:,.0f}",
        f"picture: {size / 1000:.1f} kB, {1000 * used / max(pictures, 1):.1f} ms of processor "
        "time, training included",
    ]


def of_watchers(watchers: Sequence[LoadVisitor], used: float, seconds: float) -> list[str]:
    """Summarise the watchers of one run during a measurement of `seconds`."""
    if not watchers:
        return []
    rates = sorted(len(watcher.pictures_at) / seconds for watcher in watchers)
    kilobytes = sum(watcher.bytes_received for watcher in watchers) / 1000
    return [
        f"watchers: median {statistics.median(rates):.2f} pictures/s, least {rates[0]:.2f}",
        f"  delay of a picture: {quantiles([d for w in watchers for d in w.delays])}",
        f"  server: {100 * used / seconds:.0f} % of one core, {kilobytes:,.0f} kB sent",
    ]


def of_minutes(usages: Sequence[Usage]) -> str:
    """Compare the memory in the first half of the test with the memory in the second half."""
    half = len(usages) // 2
    first, second = (max(u.megabytes for u in part) for part in (usages[:half], usages[half:]))
    return f"largest memory: {first:.0f} MB in the first half, {second:.0f} MB in the second"


def quantiles(seconds: Sequence[float]) -> str:
    """Return the median, the 95th percentile and the number of the times as text."""
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"median {statistics.median(ordered):.2f} s, p95 {p95:.2f} s of {len(ordered)}"
