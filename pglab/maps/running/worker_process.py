"""One worker process of this machine: `python -m pglab.maps.running.worker_process <scheduler>`.

The parent process holds the other end of the standard input. When the parent process ends, even if
it is killed, the standard input ends. Then this process ends too.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading

import dask

import pglab.maps.running.workers  # noqa: F401  Imported before the first run comes.
from pglab.maps.running.local_cluster import CONFIG, HOST, QuietWorker

STANDARD_INPUT = 0  # the number of this file


def end_with_parent() -> None:
    """Wait until the standard input ends; then end this process at once."""
    # Without a buffer: Python could not end normally while a thread holds the lock of a buffer.
    while os.read(STANDARD_INPUT, 1_024):
        pass
    os._exit(0)


async def work(scheduler: str) -> None:
    """Train the runs that the scheduler sends, until the scheduler ends."""
    # When the app ends, a heartbeat may fail just before this process ends; this is no error.
    async with QuietWorker(
        scheduler, nthreads=1, host=HOST, memory_limit=0, silence_logs=logging.CRITICAL
    ) as worker:
        await worker.finished()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the other process
    threading.Thread(target=end_with_parent, daemon=True).start()
    with dask.config.set(CONFIG):
        asyncio.run(work(sys.argv[1]))
