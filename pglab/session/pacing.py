"""How much to train between two redraws, so that neither training nor the picture starves."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

REDRAW_INTERVAL = 0.185  # what is aimed at between two redraws
SHORTEST_TRAINING = 0.12
LONGEST_INTERVAL = 1.0
RATE_WINDOW = 2.0


class Pacemaker:
    """Measures the time between ticks of a page and divides it between training and drawing."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._last: float | None = None
        self._owed = 0.0
        self._positions: deque[tuple[float, int]] = deque(maxlen=64)
        self.interval = 0.2  # seconds between the last two ticks
        self.training_seconds = SHORTEST_TRAINING  # how long to train in this tick

    def start(self) -> None:
        """Forget the time that passed while nothing ran."""
        self._last = None
        self._owed = 0.0
        self._positions.clear()

    @property
    def ticking(self) -> bool:
        """Whether there was a tick since the start."""
        return self._last is not None

    def tick(self) -> None:
        """Note that the page asks for the next picture.

        What drawing the last one left of the interval that is aimed at is for training.
        """
        now = self._clock()
        if self._last is not None:
            self.interval = min(now - self._last, LONGEST_INTERVAL)
            drawing = max(self.interval - self.training_seconds, 0.0)
            self.training_seconds = max(REDRAW_INTERVAL - drawing, SHORTEST_TRAINING)
        self._last = now

    def steps_due(self, steps_per_second: float) -> int:
        """How many steps are owed at a fixed speed, with those that former ticks had no time for.

        Never more than a second's: what a slow machine cannot do in time is dropped.
        """
        most = steps_per_second * LONGEST_INTERVAL + 1  # with a step that has begun
        self._owed = min(self._owed + steps_per_second * self.interval, most)
        return int(self._owed)

    def note_steps(self, taken: int) -> None:
        """Note how many of the steps that were due have been taken."""
        self._owed -= taken

    def note_position(self, global_step: int) -> None:
        """Note how far the run has come."""
        self._positions.append((self._clock(), global_step))

    @property
    def steps_per_second(self) -> float | None:
        """Environment steps per second of wall time over the last two seconds."""
        if len(self._positions) < 2:
            return None
        now, step = self._positions[-1]
        before = list(self._positions)[:-1]
        recent = [item for item in before if item[0] >= now - RATE_WINDOW]
        then, earlier = recent[0] if recent else before[-1]
        return (step - earlier) / (now - then) if now > then else None
