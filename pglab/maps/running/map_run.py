"""Trains the runs of a map in the background. The training can pause and continue at any time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from distributed import Future
from distributed.scheduler import KilledWorker

from pglab.config import ConfigError
from pglab.language import _
from pglab.maps.measures import late_return
from pglab.maps.plan import Cell, Plan
from pglab.maps.run_result import RunResult, decoded
from pglab.maps.running.keys import result_key
from pglab.maps.running.order import Order
from pglab.maps.running.results import Results
from pglab.maps.running.workers import LOST, Attendance, OtherVersion, Workers, WorkersUnavailable

AHEAD = 2  # runs that wait at the workers for each run that they train
ROUND = 0.25  # seconds between two looks at whether the map is still wanted
MOST_ATTEMPTS = 4  # to train one run; a worker or the scheduler may get lost meanwhile

Run = tuple[Cell, int]  # a cell and a seed


class RunFailed(RuntimeError):
    """Raised if the training of a run ends with an error; the message names this error."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a map's training at one moment."""

    results: Mapping[Run, RunResult]
    total: int  # runs of the whole map
    running: bool
    problem: str | None  # a sentence: why the map has stopped early
    seconds_left: float | None  # None if it is not known yet, or if the map does not run

    @property
    def done(self) -> bool:
        """True if the map has all its results."""
        return len(self.results) == self.total


class MapRun:
    """The training of one visitor's map. Any thread may call the methods."""

    def __init__(
        self,
        plan: Plan,
        workers: Workers,
        results: Results,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Load the results that are stored already; `start` trains the other runs.

        The map pauses if `is_wanted` returns False, for example because the page was closed.
        """
        self.plan = plan
        self._workers, self._results, self._is_wanted = workers, results, is_wanted
        self._keys = {run: result_key(plan.config_of(*run)) for run in plan.runs()}
        self._lock = threading.Lock()
        self._known: dict[Run, RunResult] = {}
        self._thread: threading.Thread | None = None
        self._pausing = False
        self._problem: str | None = None
        self._began, self._known_at_start = 0.0, 0
        self._load()

    def start(self) -> None:
        """Begin or continue to train the missing runs in the background."""
        with self._lock:
            self._pausing, self._problem = False, None
            if self._thread is None and len(self._known) < len(self._keys):
                self._began, self._known_at_start = time.monotonic(), len(self._known)
                self._thread = threading.Thread(target=self._work, name="map", daemon=True)
                self._thread.start()

    def pause(self) -> None:
        """Begin no further run. Runs that have begun still end, and their results are stored."""
        with self._lock:
            self._pausing = True

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the map is done or has paused, or until `seconds` have passed."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def snapshot(self) -> Snapshot:
        """The present state of the map's training."""
        with self._lock:
            running = self._thread is not None
            return Snapshot(
                results=dict(self._known),
                total=len(self._keys),
                running=running and not self._pausing,
                problem=self._problem,
                seconds_left=self._seconds_left() if running else None,
            )

    def _seconds_left(self) -> float | None:
        new = len(self._known) - self._known_at_start
        if not new:
            return None
        spent = time.monotonic() - self._began
        return spent / new * (len(self._keys) - len(self._known))

    def _load(self) -> None:
        stored = self._results.load(self._keys.values())
        with self._lock:
            self._known |= {r: stored[key] for r, key in self._keys.items() if key in stored}

    def _work(self) -> None:
        while True:
            problem: str | None = _("The map has stopped because of an error in the app.")
            try:
                _Training(self).train()
                problem = None
            except (WorkersUnavailable, RunFailed, ConfigError) as error:
                problem = str(error)
            finally:  # also after an error that nobody expects, so that the map can go on
                with self._lock:
                    done = len(self._known) == len(self._keys)
                    # Otherwise, `start` was called while the last runs were ending.
                    ends = done or problem or self._pausing or not self._is_wanted()
                    if ends:
                        self._problem, self._thread = problem, None
            if ends:
                return

    def _may_begin(self) -> bool:
        with self._lock:
            return not self._pausing and self._is_wanted()

    def _note(self, new: Mapping[Run, RunResult]) -> None:
        """Add new results, and store them."""
        with self._lock:
            self._known |= new
        self._results.save({self._keys[run]: result for run, result in new.items()})


@dataclass
class _Training:
    """Trains the missing runs of a map once, until all runs have ended or the map has paused."""

    map_run: MapRun
    begun: dict[Cell, set[int]] = field(default_factory=dict)  # seeds that are, or were, trained
    values: dict[Cell, list[float]] = field(default_factory=dict)  # of the seeds that are trained
    waiting: dict[Future[bytes], Run] = field(default_factory=dict)
    ended: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    attempts: dict[Run, int] = field(default_factory=dict)

    def train(self) -> None:
        """Train all missing runs. After a pause, only wait for the runs that have begun."""
        order, attendance = Order(self.map_run.plan), Attendance(self.map_run._workers)
        self._learn(self.map_run.snapshot().results)
        while True:
            if self.map_run._may_begin():
                self._submit(order, attendance)
            if not self.waiting:
                return
            self._collect()

    def _learn(self, results: Mapping[Run, RunResult]) -> None:
        for (cell, seed), result in results.items():
            self.begun.setdefault(cell, set()).add(seed)
            self.values.setdefault(cell, []).append(late_return(result))

    def _submit(self, order: Order, attendance: Attendance) -> None:
        most = AHEAD * max(1, attendance.threads())
        while len(self.waiting) < most:
            run = order.next_run(self.begun, self.values)
            if run is None:
                return
            cell, seed = run
            self.begun.setdefault(cell, set()).add(seed)
            future = self.map_run._workers.submit(self.map_run.plan.config_of(*run))
            self.waiting[future] = run
            watched: Any = future  # the type hints of `Future` are incomplete
            watched.add_done_callback(self.ended.put)

    def _collect(self) -> None:
        """Take the results that have arrived; if there are none, wait a short time for one."""
        new: dict[Run, RunResult] = {}
        try:
            for future in self._ended():
                run = self.waiting.pop(future, None)
                if run is not None:
                    new |= self._result(run, future)
        finally:  # if one run has failed, the results of the others still count
            if new:
                self._learn(new)
                self.map_run._note(new)

    def _result(self, run: Run, future: Any) -> dict[Run, RunResult]:
        """The result of a run as a dictionary; empty if the run must be trained again."""
        if future.status == "finished":
            try:
                return {run: decoded(future.result())}
            # After the training, but before the result came here; Dask raises a RuntimeError if the
            # client is closed meanwhile.
            except (*LOST, RuntimeError):
                self._count_loss(run)
        elif future.status == "error":
            self._explain(run, future.exception())
        else:
            self._count_loss(run)
        return {}

    def _ended(self) -> list[Future[bytes]]:
        found = [future for future in self.waiting if future.status in ("cancelled", "lost")]
        try:
            found.append(self.ended.get(timeout=ROUND))
            while True:
                found.append(self.ended.get_nowait())
        except queue.Empty:
            return found

    def _explain(self, run: Run, error: Exception) -> None:
        """Raise an error that explains why a run failed, or let the run be trained again.

        Raises:
            ConfigError: the settings of the run cannot be used.
            RunFailed: the training of the run ended with an error.
            WorkersUnavailable: the workers cannot train the run.
        """
        if isinstance(error, ConfigError):
            raise error
        if isinstance(error, KilledWorker):
            raise WorkersUnavailable(
                _("Several workers ended while they trained the same run. Press Go on.")
            ) from error
        if isinstance(error, OSError):
            self._count_loss(run)
            return
        if isinstance(error, OtherVersion):
            raise error.refusal() from error
        raise RunFailed(_("A run could not be trained: {error}.").format(error=error)) from error

    def _count_loss(self, run: Run) -> None:
        """Let a run be trained again after its worker or the scheduler was lost.

        Raises:
            WorkersUnavailable: the workers were lost too often.
        """
        cell, seed = run
        self.begun[cell].discard(seed)
        self.attempts[run] = self.attempts.get(run, 0) + 1
        if self.attempts[run] >= MOST_ATTEMPTS:
            raise WorkersUnavailable(
                _("The workers were lost {count} times. Press Go on to try again.").format(
                    count=self.attempts[run]
                )
            )
