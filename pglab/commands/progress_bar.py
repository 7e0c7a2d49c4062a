"""Shows the progress of a command on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from pglab.library.progress import Progress

SECONDS_BETWEEN_LINES = 10.0

Report = Callable[[float, float], None]  # gets how much is done, and how much there is in all

_SHARE = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
_COUNT = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {elapsed}<{remaining}, {rate_fmt}"


@contextmanager
def progress_bar(what: str, *, unit: str = "", quiet: bool = False) -> Iterator[Report]:
    """Show the progress of long work.

    In a terminal, the function shows a bar. Elsewhere, it prints a line every few seconds.

    Args:
        what: the name of the work.
        unit: the unit of the reported numbers; if it is empty, they are shares of the work.
        quiet: if true, show nothing.
    """
    shape = _COUNT if unit else _SHARE
    if quiet:
        yield lambda _done, _total: None
    elif sys.stderr.isatty():
        with tqdm(
            desc=what, total=1, unit=unit, bar_format=shape, file=sys.stderr, dynamic_ncols=True
        ) as bar:
            yield _moving(bar)
    else:
        yield _in_lines(what, unit, shape.replace("|{bar}|", ""))


def part_of(report: Report, number: int, count: int) -> Progress:
    """Return a progress function for one of `count` equal pieces of work; `number` begins at 0."""
    return lambda share: report(number + share, count)


def _moving(bar: tqdm) -> Report:
    def report(done: float, total: float) -> None:
        bar.total = total
        bar.update(done - bar.n)  # draws at most ten times a second
        if done >= total:
            bar.refresh()

    return report


def _in_lines(what: str, unit: str, shape: str) -> Report:
    begun = last = time.monotonic()

    def report(done: float, total: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            last = now
            line = tqdm.format_meter(
                done, total, now - begun, prefix=what, unit=unit, bar_format=shape
            )
            print(line, file=sys.stderr, flush=True)

    return report
