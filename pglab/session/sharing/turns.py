"""Trains the runs of all visitors: threads, one for each core, give them short turns."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Protocol
from weakref import WeakKeyDictionary, ref

from pglab.session.sharing.capacity import has_room
from pglab.session.sharing.threads import thread_count

NICENESS = 3  # the system prefers threads that draw, so training gets what is left
AGAIN = 0.002  # seconds until the next attempt, if somebody looks at the run
PLACE_KEPT = 60.0  # seconds for which a paused run keeps its place on a full server
ROOM_AGAIN = 1.0  # seconds until the next look for room, for example in the memory


class Trainee(Protocol):
    """One visitor's share of the training; all runs of one visitor together are one share."""

    due: float
    """When the next turn is due, on the clock `time.perf_counter`; infinity: never."""

    def train(self) -> bool:
        """Take one turn and set `due`, without raising an error; return False if it is not free."""

    def note_place(self, *, waits: bool) -> None:
        """Learn whether this trainee waits until there is room for it; must return at once."""


class Turns:
    """Threads that train, turn after turn, the trainee that has had the least time so far."""

    def __init__(self, threads: int, has_room: Callable[[int], bool] = has_room) -> None:
        """Start this number of threads, which never end and keep no process alive.

        `has_room` says whether one more may train beside this number of trainees.
        """
        self._has_room = has_room
        self._changed = threading.Condition()
        self._places: WeakKeyDictionary[Trainee, float] = WeakKeyDictionary()  # kept until when
        self._waiting: deque[ref[Trainee]] = deque()  # in the order of their arrival
        self._served: dict[Trainee, float] = {}  # seconds of training so far
        self._least = 0.0  # of training; whoever had less time had nothing to train meanwhile
        self._not_free: dict[Trainee, float] = {}  # until when
        self._taken: set[Trainee] = set()
        for _ in range(threads):
            threading.Thread(target=self._work, name="turns", daemon=True).start()

    def join(self, trainee: Trainee) -> None:
        """Train this trainee until its next turn is never due; if need be, it waits for room."""
        with self._changed:
            if trainee in self._served:
                self._changed.notify()
                return
            if self._places.get(trainee, -math.inf) > time.perf_counter():
                self._admit(trainee)
            elif all(one() is not trainee for one in self._waiting):
                self._waiting.append(ref(trainee))
                self._let_in()
                if trainee not in self._served:
                    trainee.note_place(waits=True)
            self._changed.notify()

    def _let_in(self) -> None:
        """Admit those who wait, as long as there is room."""
        while self._waiting:
            first, now = self._waiting[0](), time.perf_counter()
            if first is not None and first.due != math.inf:
                if not self._has_room(sum(until > now for until in self._places.values())):
                    return
                self._admit(first)
            self._waiting.popleft()

    def _admit(self, trainee: Trainee) -> None:
        self._served[trainee] = self._least
        self._places[trainee] = math.inf
        trainee.note_place(waits=False)

    def _work(self) -> None:
        if sys.platform == "linux":  # elsewhere, all threads of a process have one priority
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while True:
            trainee = self._take()
            begun = time.perf_counter()
            free = trainee.train()
            ended = time.perf_counter()
            with self._changed:
                self._taken.discard(trainee)
                self._served[trainee] += ended - begun
                if not free:
                    self._not_free[trainee] = ended + AGAIN
                self._changed.notify()
            del trainee  # a waiting thread keeps no run alive

    def _take(self) -> Trainee:
        """Wait until a turn is due, and return the trainee that takes it."""
        with self._changed:
            while True:
                taken, seconds = self._next()
                if taken is not None:
                    self._taken.add(taken)
                    return taken
                if self._waiting:
                    seconds = min(ROOM_AGAIN, math.inf if seconds is None else seconds)
                self._changed.wait(seconds)

    def _next(self) -> tuple[Trainee | None, float | None]:
        """Return the trainee whose turn it is, or else the seconds until a turn is due."""
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
        self._served[taken] = self._least  # nobody saves up time
        return taken, None


@cache
def shared_turns() -> Turns:
    """The turns of all visitors of this process."""
    return Turns(thread_count())
