"""Chooses how long a page trains between two redraws, and leaves time for drawing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

# These times are in seconds.
REDRAW_INTERVAL = 0.185  # the intended time between two redraws
SHORTEST_TRAINING = 0.12  # training time between two redraws, at least
LONGEST_INTERVAL = 1.0  # a longer interval counts as this long
RATE_WINDOW = 2.0  # time over which the speed is measured

# Speeds that visitors can choose, in steps per second.
FULL_SPEED = 0.0
REAL_TIME = 50.0  # of CartPole
FIRST_SPEED = 2_000.0  # slow enough to follow: 200,000 steps take 100 seconds
SPEEDS = (1.0, 5.0, REAL_TIME, 500.0, FIRST_SPEED, 5_000.0, FULL_SPEED)


class Pacemaker:
    """Measures the time between two ticks of a page, and chooses how long each tick trains."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` returns the time in seconds."""
        self._clock = clock
        self._last: float | None = None
        self._owed = 0.0
        self._positions: deque[tuple[float, int]] = deque(maxlen=64)
        self.interval = 0.2  # seconds between the last two ticks
        self.training_seconds = SHORTEST_TRAINING  # to train in this tick

    def start(self) -> None:
        """Forget the earlier ticks, so that a training pause does not lower the measured speed."""
        self._last = None
        self._owed = 0.0
        self._positions.clear()

    @property
    def ticking(self) -> bool:
        """True if a tick came after the last call of `start`."""
        return self._last is not None

    def tick(self) -> None:
        """Record that the page requests its next redraw, and set `training_seconds`.

        `training_seconds` is the intended interval between two redraws minus the time of the last
        redraw, but at least `SHORTEST_TRAINING`.
        """
        now = self._clock()
        if self._last is not None:
            self.interval = min(now - self._last, LONGEST_INTERVAL)
            drawing = max(self.interval - self.training_seconds, 0.0)
            self.training_seconds = max(REDRAW_INTERVAL - drawing, SHORTEST_TRAINING)
        self._last = now

    def steps_due(self, steps_per_second: float, most: int) -> int:
        """Number of steps to take in this tick at one of the `SPEEDS`, but at most `most`.

        Steps for which earlier ticks had no time are due again. If the run falls behind its speed
        by more than about one second, the excess steps are dropped.
        """
        if steps_per_second == FULL_SPEED:
            self._owed = 0.0
            return most
        longest = steps_per_second * LONGEST_INTERVAL + 1  # plus a step that has begun
        self._owed = min(self._owed + steps_per_second * self.interval, longest)
        return min(int(self._owed), most)

    def note_steps(self, taken: int) -> None:
        """Record how many of the due steps the run has taken."""
        self._owed = max(self._owed - taken, 0.0)

    def note_position(self, global_step: int) -> None:
        """Record the present step of the run, from which its speed is measured."""
        self._positions.append((self._clock(), global_step))

    @property
    def steps_per_second(self) -> float | None:
        """Environment steps per second of wall clock over the last two seconds; None if unknown."""
        if len(self._positions) < 2:
            return None
        now, step = self._positions[-1]
        before = list(self._positions)[:-1]
        recent = [item for item in before if item[0] >= now - RATE_WINDOW]
        then, earlier = recent[0] if recent else before[-1]
        return (step - earlier) / (now - then) if now > then else None
