"""The threads that train runs: one for each processor core that this process may use.

Compiled training does not hold Python's interpreter lock, so one process can train several runs at
the same time.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pglab.session.sharing.variables import whole_number

VARIABLE = "PGLAB_THREADS"  # the environment variable that sets the number of threads
MOST_THREADS = 32


def thread_count() -> int:
    """The number of threads that train, at most 32.

    The environment variable `PGLAB_THREADS` sets this number. The default is the number of usable
    cores.
    """
    return whole_number(VARIABLE, MOST_THREADS) or min(usable_cores(), MOST_THREADS)


def usable_cores() -> int:
    """The number of processor cores that the operating system lets this process use.

    A limit on processor time, such as the option `--cpus` of Docker, is ignored.
    """
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def be_nice(niceness: int) -> None:
    """Give the calling thread this niceness; threads with a smaller niceness have priority."""
    if sys.platform == "linux":  # on other systems, a thread has no priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


@cache
def shared_threads() -> ThreadPoolExecutor:
    """The threads that all visitors share. Each task for these threads must be short."""
    return ThreadPoolExecutor(thread_count(), thread_name_prefix="training")
