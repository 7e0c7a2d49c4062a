"""The lock of a run: whoever wants to see or change the run goes before its training."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class Gate:
    """A reentrant lock that training gives way to.

    A plain lock would not do: a thread that trains in short turns takes the lock again before a
    waiting thread wakes up, so the waiting thread could wait for many turns.
    """

    def __init__(self) -> None:
        """Make a gate through which nobody goes yet."""
        self._lock = threading.RLock()
        self._waiting: deque[None] = deque()  # append and pop need no lock

    def _wait(self, seconds: float) -> bool:
        """Wait for the lock, and return whether it is held now; −1 waits without limit."""
        self._waiting.append(None)
        try:
            return self._lock.acquire(timeout=seconds)
        finally:
            self._waiting.pop()

    def __enter__(self) -> None:
        self._wait(-1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Hold the lock, but wait for it no longer than this; raises TimeoutError otherwise."""
        if not self._wait(seconds):
            raise TimeoutError
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def for_training(self) -> Iterator[bool]:
        """Hold the lock if nobody holds it or waits for it; yield whether this is so."""
        entered = not self._waiting and self._lock.acquire(blocking=False)
        try:
            yield entered
        finally:
            if entered:
                self._lock.release()
