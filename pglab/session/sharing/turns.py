"""Trains the runs of all visitors in short turns, with one thread for each processor core."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from statistics import median
from typing import Protocol
from weakref import WeakKeyDictionary, ref

from pglab.session.sharing.capacity import has_room
from pglab.session.sharing.threads import be_nice, thread_count

NICENESS = 3  # gives training a lower priority than threads that draw pictures
AGAIN = 0.002  # seconds until the next attempt, if a page or another thread uses the run
PLACE_KEPT = 60.0  # seconds for which the paused run of an open page keeps its place
MOST_WEIGHT = 3.0  # a run with slow steps gets at most this many times the usual training time
USUAL_AGAIN = 0.5  # seconds until the usual time of a step is computed again
ROOM_AGAIN = 1.0  # seconds until the next check whether the server has room


class Trainee(Protocol):
    """All runs of one visitor. `Turns` divides the training time among the trainees."""

    due: float
    """The time of the next turn, on the clock `time.perf_counter`; infinity if no turn is due."""

    @property
    def milliseconds_per_1000_steps(self) -> float | None:
        """Mean processor time of training 1000 steps of one run; None before the first step."""

    @property
    def is_open(self) -> bool:
        """Whether the visitor's page is open. A closed page keeps no place on a full server."""

    def train(self) -> bool:
        """Train for one turn, and set `due`. This method must not raise an error.

        Returns:
            False if the runs cannot train because another thread uses them.
        """

    def note_place(self, *, waits: bool) -> None:
        """Tell the trainee whether it waits for room on the server.

        This method must return at once.
        """


class Turns:
    """Threads that train all trainees in short turns. A trainee stands for all runs of one visitor.

    The next turn goes to the trainee that has had the least training time so far. If a trainee's
    steps take longer than usual, its time counts less, down to a third: with the same time, such
    a trainee would be left far behind.
    """

    def __init__(self, threads: int, has_room: Callable[[int], bool] = has_room) -> None:
        """Start daemon threads, which never end.

        `has_room` receives the number of trainees that have a place on the server, and returns True
        if one more trainee may train.
        """
        self._has_room = has_room
        self._threads = threads
        self._lock = threading.RLock()
        self._idle: list[threading.Condition] = []  # one for each waiting thread, newest last
        # The time until which a trainee keeps its place on the server.
        self._places: WeakKeyDictionary[Trainee, float] = WeakKeyDictionary()
        self._waiting: deque[ref[Trainee]] = deque()  # trainees in the order of arrival
        self._served: dict[Trainee, float] = {}  # counted seconds of processor time so far
        self._usual: float | None = None  # median of `milliseconds_per_1000_steps`
        self._usual_until = -math.inf
        # A trainee that gets a turn counts at least this many seconds of training, so that a
        # trainee cannot save up time while it has nothing to train.
        self._least = 0.0
        self._not_free: dict[Trainee, float] = {}  # time of the next attempt to train
        self._taken: set[Trainee] = set()
        for _ in range(threads):
            threading.Thread(target=self._work, name="turns", daemon=True).start()

    def join(self, trainee: Trainee) -> None:
        """Train this trainee until its `due` is infinity. On a full server, the trainee waits."""
        with self._lock:
            if trainee in self._served:
                self._wake()
                return
            if self._places.get(trainee, -math.inf) > time.perf_counter():
                self._admit(trainee)
            elif all(one() is not trainee for one in self._waiting):
                self._waiting.append(ref(trainee))
                self._let_in()
                if trainee not in self._served:
                    trainee.note_place(waits=True)
            self._wake()

    def note_free(self, trainee: Trainee) -> None:
        """Record that this trainee's runs are free again, so that training need not wait longer."""
        with self._lock:
            if self._not_free.pop(trainee, None) is not None:
                self._wake()

    @property
    def crowded(self) -> bool:
        """True if more trainees train than there are threads, so that no processor core is free."""
        return len(self._served) > self._threads

    def _let_in(self) -> None:
        """Admit waiting trainees while the server has room."""
        while self._waiting:
            first = self._waiting[0]()
            if first is not None and first.is_open and first.due != math.inf:
                if not self._has_room(self._taken_places()):
                    return
                self._admit(first)
            self._waiting.popleft()

    def _taken_places(self) -> int:
        now = time.perf_counter()
        return sum(until > now and one.is_open for one, until in self._places.items())

    def _admit(self, trainee: Trainee) -> None:
        self._served[trainee] = self._least
        self._places[trainee] = math.inf
        trainee.note_place(waits=False)

    def _wake(self) -> None:
        # The thread that began to wait last is woken first. So a single run stays on one processor
        # core, and other programs find the other cores free.
        if self._idle:
            self._idle.pop().notify()

    def _work(self) -> None:
        be_nice(NICENESS)
        changed = threading.Condition(self._lock)
        while True:
            trainee = self._take(changed)
            # Processor time: a turn also waits for Python's lock and for other threads.
            begun = time.thread_time()
            free = trainee.train()
            spent = time.thread_time() - begun
            ended = time.perf_counter()
            with self._lock:
                self._taken.discard(trainee)
                self._served[trainee] += self._counted(trainee, spent, ended)
                if not free:
                    self._not_free[trainee] = ended + AGAIN
            del trainee  # so that a waiting thread does not keep a run in memory

    def _counted(self, trainee: Trainee, spent: float, now: float) -> float:
        """Return the seconds that count, of `spent` seconds in which this trainee has trained."""
        if now >= self._usual_until:
            known = [one.milliseconds_per_1000_steps for one in self._served]
            costs = [cost for cost in known if cost is not None]
            self._usual = median(costs) if costs else None
            self._usual_until = now + USUAL_AGAIN
        cost = trainee.milliseconds_per_1000_steps
        if cost is None or not self._usual:
            return spent
        return spent / min(max(cost / self._usual, 1.0), MOST_WEIGHT)

    def _take(self, changed: threading.Condition) -> Trainee:
        """Wait until a turn is due, and return the trainee that takes this turn.

        `changed` belongs to the calling thread, and is notified if another turn may be due.
        """
        with self._lock:
            while True:
                taken, seconds = self._next()
                if taken is not None:
                    self._taken.add(taken)
                    if len(self._taken) < len(self._served):
                        self._wake()  # so that another thread takes the next turn, or waits for it
                    return taken
                if self._waiting:
                    seconds = min(ROOM_AGAIN, math.inf if seconds is None else seconds)
                self._idle.append(changed)
                changed.wait(seconds)
                if changed in self._idle:  # nobody has woken this thread
                    self._idle.remove(changed)

    def _next(self) -> tuple[Trainee | None, float | None]:
        """Return the trainee whose turn is due, or else the seconds until the next turn is due."""
        self._let_in()
        now, first = time.perf_counter(), math.inf
        ready: list[Trainee] = []
        for one in self._served.keys() - self._taken:
            due = max(one.due, self._not_free.get(one, -math.inf))
            if due == math.inf:
                del self._served[one]
                self._places[one] = now + PLACE_KEPT
                self._not_free.pop(one, None)
            elif due <= now:
                ready.append(one)
            else:
                first = min(first, due)
        if not ready:
            return None, None if first == math.inf else first - now
        taken = min(ready, key=self._served.__getitem__)
        self._not_free.pop(taken, None)
        self._least = max(self._least, self._served[taken])
        self._served[taken] = self._least  # time without training is not saved up
        return taken, None


@cache
def shared_turns() -> Turns:
    """The `Turns` object that trains the runs of all visitors of this process."""
    return Turns(thread_count())
