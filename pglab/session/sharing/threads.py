"""The threads that train runs, one for each usable core, and the core that other threads share.

Compiled training does not hold Python's interpreter lock, so one process can train several runs at
the same time. All other threads run Python code, so only one of them at a time can run.
"""

from __future__ import annotations

import os
import random
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from pglab.session.sharing.variables import whole_number

VARIABLE = "PGLAB_THREADS"  # the environment variable that sets the number of threads
MOST_THREADS = 32
CLAIM = "\0pglab-core-"  # name of a Unix socket without a file, which only one process can have


def thread_count() -> int:
    """The number of threads that train, at most 32.

    The environment variable `PGLAB_THREADS` sets this number. The default is the number of usable
    cores.
    """
    return whole_number(VARIABLE, MOST_THREADS) or min(usable_cores(), MOST_THREADS)


@cache
def usable_cores() -> int:
    """The number of processor cores that the operating system lets this process use.

    A limit on processor time, such as the option `--cpus` of Docker, is ignored.
    """
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _cores() -> frozenset[int]:
    """The usable cores. The first call must come from a thread that may use all of them."""
    return frozenset(os.sched_getaffinity(0))


def share_one_core(process: str = "") -> None:
    """Keep the calling thread, and all threads that it will start, on one core.

    If several threads wait for Python's interpreter lock, and each of them has to wake up on
    another core, the lock passes on slowly. With one core for all threads that do not train, 30
    visitors on a machine with two cores get a third more pictures, and wait half as long after a
    click. If no core is left, or if the system is not Linux, the threads keep all cores.

    Args:
        process: the name of this process. Each process takes another core. Containers do not see
            each other, but with names such as "1" and "2", they also take different cores.
    """
    if sys.platform != "linux":
        return
    usable_cores()  # this number must not change
    cores = sorted(_cores())
    first = sum(process.encode()) if process else random.SystemRandom().randrange(len(cores))
    for place in range(len(cores)):
        core = cores[(first + place) % len(cores)]
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"{CLAIM}{core}")  # Linux frees the name when the process ends
            os.sched_setaffinity(0, {core})
        except OSError:  # another process has this core, or a container forbids the choice
            claim.close()
            continue
        _claims.append(claim)
        return


_claims: list[socket.socket] = []  # so that the claim lasts as long as the process


def use_all_cores() -> None:
    """Let the calling thread use all cores, after `share_one_core` in the thread that made it."""
    if sys.platform == "linux" and _claims:
        os.sched_setaffinity(0, _cores())


@contextmanager
def on_all_cores() -> Iterator[None]:
    """Let the calling thread, and the processes that it starts, use all cores for a moment."""
    if sys.platform != "linux" or not _claims:
        yield
        return
    before = os.sched_getaffinity(0)
    use_all_cores()
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def be_nice(niceness: int) -> None:
    """Let the calling thread compute on all cores, with this niceness.

    Threads with a smaller niceness have priority.
    """
    use_all_cores()
    if sys.platform == "linux":  # on other systems, a thread has no priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


@cache
def shared_threads() -> ThreadPoolExecutor:
    """The threads that all visitors share. Each task for these threads must be short."""
    return ThreadPoolExecutor(
        thread_count(), thread_name_prefix="training", initializer=use_all_cores
    )
