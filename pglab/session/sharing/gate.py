"""The lock of a run. Code that reads or changes the run gets the lock before training does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class Gate:
    """A reentrant lock; training does not take this lock while another thread waits for it.

    With an ordinary lock, a thread that trains in short turns takes the lock again before a waiting
    thread wakes up. So the waiting thread might wait for many turns.
    """

    def __init__(self) -> None:
        """Make a lock that no thread holds yet."""
        self._lock = threading.RLock()
        self._waiting: deque[None] = deque()  # one entry per waiting thread; thread-safe

    def _wait(self, seconds: float) -> bool:
        """Wait for the lock, and return True if this thread now holds the lock.

        If `seconds` is −1, the waiting time has no limit.
        """
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
        """Wait for the lock, but at most `seconds`; hold the lock during the `with` block.

        Raises:
            TimeoutError: the lock did not become free in this time.
        """
        if not self._wait(seconds):
            raise TimeoutError
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def for_training(self) -> Iterator[bool]:
        """Take the lock if it is free and no thread waits; yield True if the lock was taken."""
        entered = not self._waiting and self._lock.acquire(blocking=False)
        try:
            yield entered
        finally:
            if entered:
                self._lock.release()
