"""Calls a function with many settings on the workers that also train the maps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from distributed import Future
from distributed.scheduler import KilledWorker

from pglab.algorithms.agents import AgentConfig
from pglab.language import _
from pglab.maps.running.workers import (
    LOST,
    Attendance,
    OtherVersion,
    Workers,
    WorkersUnavailable,
    shared_workers,
)

Result = TypeVar("Result")

ROUND = 1.0  # seconds between two looks at the workers


def on_workers(
    work: Callable[[AgentConfig], Result],
    configs: Iterable[AgentConfig],
    workers: Workers | None = None,
) -> list[Result]:
    """Call `work` with each of the settings on Dask workers, and wait for all results.

    The results are in the order of `configs`. Threads of one process run only compiled code in
    parallel. So PyTorch's code becomes faster only with several worker processes.

    Args:
        work: a function at the top level of a module, so that other processes find it by its name.
        configs: the settings.
        workers: the workers; None stands for the workers that all maps of this process share.

    Raises:
        WorkersUnavailable: the workers cannot be reached, were lost, or have other versions.
        Exception: any error that `work` raises; it is raised again unchanged.
    """
    used = workers or shared_workers()
    # Workers forget calls that have not begun as soon as nobody refers to their futures.
    return [_result(future, used) for future in used.submit_calls(work, configs)]


def _result(future: Future[Result], workers: Workers) -> Result:
    waiting: Any = future  # the type hints of `Future` are incomplete
    ended = threading.Event()
    waiting.add_done_callback(lambda _future: ended.set())
    attendance = Attendance(workers)
    while not ended.wait(ROUND) and waiting.status == "pending":
        attendance.threads()
    try:
        if waiting.status == "finished":
            result: Result = waiting.result()
            return result
        error = waiting.exception() if waiting.status == "error" else None
    except LOST:
        error = None
    if isinstance(error, OtherVersion):
        raise error.refusal() from error
    if error is None or isinstance(error, KilledWorker):
        raise WorkersUnavailable(
            _("The Dask workers were lost. Give the command again.")
        ) from error
    raise error
