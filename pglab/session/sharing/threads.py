"""The threads that train runs: one for each processor core that this process may use.

Compiled training holds no interpreter lock, so several runs can train at once in one process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from multiprocessing.pool import ThreadPool
from typing import TypeVar

from pglab.session.sharing.variables import whole_number

Item = TypeVar("Item")
Result = TypeVar("Result")

VARIABLE = "PGLAB_THREADS"  # the environment variable that sets the number of threads
MOST_THREADS = 32


def thread_count() -> int:
    """The number of threads: `PGLAB_THREADS`, or else the number of usable cores, at most 32."""
    return whole_number(VARIABLE, MOST_THREADS) or min(usable_cores(), MOST_THREADS)


def usable_cores() -> int:
    """The number of processor cores on which the system lets this process run.

    A limit on processor time, such as the option `--cpus` of Docker, is not counted.
    """
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def shared_threads() -> ThreadPoolExecutor:
    """The threads that all visitors share. Requests to them must be short."""
    return ThreadPoolExecutor(thread_count(), thread_name_prefix="training")


def in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Call `work` with each item, in as many threads as `thread_count` says.

    The result has the order of the items. Only compiled code runs in several threads at once: with
    the PyTorch reference, the threads take turns, and all items together take about as long as one
    after the other. Ctrl+C ends the command at once, because these threads do not keep it alive.
    """
    with ThreadPool(thread_count()) as pool:
        return list(pool.imap(work, items))
