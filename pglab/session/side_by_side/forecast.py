"""Forecasts how much time a comparison still needs, from the measured speed of training."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from pglab.language import _

RECENT_SECONDS = 10.0  # time over which the speed is measured
FIRST_SECONDS = 1.0  # no forecast in the first second, which may be spent on loading
SPREAD = 1.25  # factor of uncertainty: episodes, buffers and other visitors change the speed
ROUND_SECONDS = (5, 10, 15, 20, 30, 40, 50, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800)


class Forecast:
    """Measures the speed of a running comparison over the last few seconds.

    Only a limited number of measurements is stored.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` returns the time in seconds."""
        self._clock = clock
        self._notes: deque[tuple[float, int]] = deque(maxlen=256)

    def start(self) -> None:
        """Restart the measurement, for example after a pause."""
        self._notes.clear()

    def note(self, steps: int) -> None:
        """Record `steps`, the step that all unfinished runs of the comparison have now reached."""
        now = self._clock()
        self._notes.append((now, steps))
        while now - self._notes[0][0] > RECENT_SECONDS:
            self._notes.popleft()
        while len(self._notes) > 1 and self._notes[0][1] == self._notes[1][1]:
            self._notes.popleft()  # while other seeds catch up, the time is not counted

    @property
    def steps_per_second(self) -> float | None:
        """Steps per second of wall clock; None in the first second or without progress."""
        if not self._notes:
            return None
        (then, first), (now, last) = self._notes[0], self._notes[-1]
        if now - then < FIRST_SECONDS or last <= first:
            return None
        return (last - first) / (now - then)

    def seconds_left(self, steps: int) -> tuple[float, float] | None:
        """The shortest and longest expected seconds for `steps` more steps; None if unknown."""
        rate = self.steps_per_second
        return None if rate is None else (steps / rate / SPREAD, steps / rate * SPREAD)


def duration_text(low: float, high: float) -> str:
    """Write a range of seconds as text, rounded outwards: "20–30 s", "2–4 min"."""
    last = ROUND_SECONDS[-1]
    least = max((s for s in ROUND_SECONDS if s <= low), default=0)
    most = min((s for s in ROUND_SECONDS if s >= high), default=0)
    if not most:
        return _("more than {n} min").format(n=min(least, last) // 60)
    if most <= ROUND_SECONDS[0]:
        return _("less than {n} s").format(n=most)
    if least >= 120:
        return _("{low}–{high} min").format(low=least // 60, high=most // 60)
    if most > 90:
        return _("{low}–{high} min").format(low=max(1, least // 60), high=-(-most // 60))
    return _("{low}–{high} s").format(low=least, high=most)
