"""Divides training into short turns.

The pacemaker decides when the next turn is due, and how many steps a turn takes.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

# These times are in seconds.
TURN = 0.02  # maximum time of a turn; a page that reads the run waits about this long at most
TURN_INTERVAL = 0.09  # time between turns below full speed: one turn for each picture
LONGEST_INTERVAL = 1.0  # a longer interval between two turns counts as one second
RATE_WINDOW = 2.0  # time over which the speed is measured
POSITION_INTERVAL = 0.05  # minimum time between two recorded positions of a run

# Speeds that visitors can choose, in steps per second.
FULL_SPEED = 0.0
REAL_TIME = 50.0  # at this speed, CartPole's cart and pole move as fast as real ones
FIRST_SPEED = 2_000.0  # the preset speed, slow enough to follow: 200,000 steps take 100 seconds
SPEEDS = (1.0, 5.0, REAL_TIME, 500.0, FIRST_SPEED, 5_000.0, FULL_SPEED)


class Pacemaker:
    """Measures the time between two turns of training, and chooses how many steps a turn takes."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` returns the time in seconds."""
        self._clock = clock
        self._last: float | None = None
        self._owed = 0.0
        self._positions: deque[tuple[float, int]] = deque(maxlen=64)
        self.interval = TURN_INTERVAL  # seconds between the last two turns

    def start(self) -> None:
        """Forget the earlier turns, so that a pause in training does not affect the speed."""
        self._last = None
        self._owed = 0.0
        self._positions.clear()

    def begin_turn(self) -> None:
        """Record that a turn begins, and measure the interval since the previous turn."""
        now = self._clock()
        if self._last is not None:
            self.interval = min(now - self._last, LONGEST_INTERVAL)
        self._last = now

    def next_turn(
        self, steps_per_second: float, *, running: bool = True, busy: bool = True
    ) -> float:
        """The time on the pacemaker's clock at which the next turn is due.

        The result is −infinity (at once) if a step of the run is due now, or if only the run's
        further seeds still train. The result is infinity if nothing trains. Otherwise, the next
        turn is due `TURN_INTERVAL` after the last turn.
        """
        if not running:
            return -math.inf if busy else math.inf
        if self._last is None or steps_per_second == FULL_SPEED or self._owed >= 1.0:
            return -math.inf
        return self._last + TURN_INTERVAL

    def steps_due(self, steps_per_second: float, most: int) -> int:
        """The number of steps that are due at the given speed in this turn; `most` is the limit.

        If earlier turns were too short for all due steps, the missing steps are added. Steps that
        are more than about one second late are dropped.
        """
        if steps_per_second == FULL_SPEED:
            self._owed = 0.0
            return most
        longest = steps_per_second * LONGEST_INTERVAL + 1  # 1 more for part of a step
        self._owed = min(self._owed + steps_per_second * self.interval, longest)
        return min(int(self._owed), most)

    def note_steps(self, taken: int) -> None:
        """Record how many of the due steps the run has taken."""
        self._owed = max(self._owed - taken, 0.0)

    def note_position(self, global_step: int) -> None:
        """Record the present step of the run, to measure the speed of the run."""
        now = self._clock()
        if not self._positions or now >= self._positions[-1][0] + POSITION_INTERVAL:
            self._positions.append((now, global_step))

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
