"""The worker processes that train the further seeds of all visitors."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

from pglab.language import _
from pglab.session.history import Change
from pglab.session.seeds.worker_process import packed
from pglab.session.training_session import TrainingSession

ROOT = Path(__file__).parents[3]
MOST_WORKERS = 8  # each holds PyTorch, about a quarter of a gigabyte


class Workers:
    """A pool of `count` worker processes. Each process starts when it is first needed."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker")
        self._own = threading.local()
        self.processes: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        """End all worker processes."""
        self._threads.shutdown()
        for process in self.processes:
            process.kill()
            process.communicate()

    def catch_up(
        self, session: TrainingSession, target: int, changes: Sequence[Change], seconds: float
    ) -> Future[TrainingSession]:
        """Let a worker process train a copy of a run with `worker_process.catch_up`.

        Returns:
            A future of the trained copy. It raises RuntimeError if the worker process ended.
        """
        request = packed(session, target, list(changes), seconds)
        return self._threads.submit(self._ask, request)

    def _ask(self, request: bytes) -> TrainingSession:
        process = self._process()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(request)
            process.stdin.flush()
            (answer,) = pickle.load(process.stdout)
        except (OSError, EOFError) as error:
            process.kill()
            process.wait()  # otherwise it may look alive to the next request
            sentence = _("A process that trains further seeds has ended. Press Run to continue.")
            raise RuntimeError(sentence) from error
        assert isinstance(answer, TrainingSession)
        return answer

    def _process(self) -> subprocess.Popen[bytes]:
        """The worker process of this thread; if the process has ended, a new process starts."""
        process: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        if process is None or process.poll() is not None:
            process = self._own.process = subprocess.Popen(
                [sys.executable, "-m", "pglab.session.seeds.worker_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                env=_environment(),
            )
            self.processes.append(process)
        return process


def _environment() -> dict[str, str]:
    """Environment variables that let a worker process find the package."""
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *([known] if known else [])])}


@cache
def shared_workers() -> Workers:
    """The worker processes that all visitors share.

    There is one process for each core, but at most `MOST_WORKERS` processes.
    """
    return Workers(min(os.cpu_count() or 1, MOST_WORKERS))
