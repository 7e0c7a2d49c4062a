"""Smooths curves, and chooses the points of a long curve that are drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]
Indices = NDArray[np.intp]

KEPT_PER_BUCKET = 3  # drawn items of a part of a curve: the first, the lowest and the highest item


def smoothed(values: Numbers, window: int) -> NDArray[np.float64]:
    """Running mean: each value becomes the mean of itself and the `window` − 1 values before it.

    The first `window` − 1 results are means of fewer than `window` values. NaN values are ignored;
    a mean of only NaN values is NaN. If values are appended later, the earlier means do not change.

    Args:
        values: [N].
        window: maximum number of values in a mean.

    Returns:
        [N] the means.
    """
    return RunningMean(window).add(values)


class RunningMean:
    """Computes the means of `smoothed` for a growing curve, without reading old values again."""

    def __init__(self, window: int) -> None:
        """`window` is the maximum number of values in a mean."""
        self._window = window
        # The last entry of `_sums` is the sum of all values so far. The entries before it are the
        # sums without the last 1, 2, … `window` − 1 values. `_counts` are the numbers of values in
        # these sums.
        self._sums = np.zeros(1)
        self._counts = np.zeros(1, np.int64)

    def add(self, values: Numbers) -> NDArray[np.float64]:
        """Add new values at the end of the curve, and return their means: [N] → [N]."""
        known = ~np.isnan(values)
        new = np.where(known, values, 0.0)
        sums = _continued(self._sums, new)
        counts = _continued(self._counts, known)
        ends = np.arange(len(self._sums), len(sums))
        starts = np.maximum(ends - self._window, 0)
        number = counts[ends] - counts[starts]
        means: NDArray[np.float64] = np.full(len(values), np.nan)
        np.divide(sums[ends] - sums[starts], number, out=means, where=number > 0)
        self._sums, self._counts = sums[-self._window :].copy(), counts[-self._window :].copy()
        return means


def _continued(sums: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
    """Append the running sums of new numbers to earlier running sums."""
    return np.concatenate([sums[:-1], np.cumsum(np.append(sums[-1:], new))])


def thinned(length: int, most: int) -> Indices:
    """Choose evenly spaced items for drawing, and return their indices.

    There are `length` items, and `most` is the largest number of chosen items. If `most` is at
    least 2, the last item is always chosen. This function is for curves that do not grow. For
    growing curves, use `kept_by_place`.
    """
    if length <= most:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, most).round().astype(np.intp))


def kept_by_place(steps: Numbers, values: Numbers, most: int) -> Indices:
    """Choose the drawn items of a growing curve, and return their indices.

    A curve with no more than `most` items is drawn completely. A longer curve is divided, from step
    0 on, into stretches of equal length. The drawn items are the first, the lowest and the highest
    item of each stretch, and the last item of the curve. The length of a stretch, in steps, is the
    smallest power of two with which no more than `most` items are drawn.

    While the curve grows, the drawn items of a complete stretch stay the same. When the stretches
    become twice as long, two old stretches form one new stretch. The first, the lowest and the
    highest of the items drawn in the two old stretches are still drawn.

    Args:
        steps: [N] environment steps in ascending order; the first is at least 0.
        values: [N] values of the curve; a missing value is NaN.
        most: largest number of drawn items, at least 4.
    """
    if len(steps) <= most:
        return np.arange(len(steps))
    width = _width_that_fits(float(steps[-1]), most)
    kept = _extremes(steps, values, width)
    while width > 1 and len(finer := _extremes(steps, values, width / 2)) < most:
        width, kept = width / 2, finer
    return _with_last(kept, len(steps))


def _with_last(kept: Indices, length: int) -> Indices:
    """Add the index of the last of `length` items if this item is not chosen yet."""
    return kept if kept[-1] == length - 1 else np.append(kept, length - 1)


def _width_that_fits(last: float, most: int) -> float:
    """A power of two. Stretches of this length give no more than `most` items by step `last`."""
    stretches = (most - 1) // KEPT_PER_BUCKET
    return 2.0 ** math.floor(math.log2(max(last, 1.0) / stretches) + 1)


def _extremes(steps: Numbers, values: Numbers, width: float) -> Indices:
    """Indices of the first, the lowest and the highest item in each stretch of `width` steps."""
    stretch = np.floor_divide(steps, width)
    begins = np.append(True, stretch[1:] != stretch[:-1])
    firsts = np.flatnonzero(begins)
    of_item = np.cumsum(begins) - 1
    for extreme in (np.fmin, np.fmax):
        hits = np.flatnonzero(values == extreme.reduceat(values, firsts)[of_item])
        of_hit = of_item[hits]
        begins[hits[np.append(True, of_hit[1:] != of_hit[:-1])[: len(hits)]]] = True
    return np.flatnonzero(begins)


Gaps = Literal["left out", "without a point", "bridged"]


class GrowingCurve:
    """The drawn points of a growing curve. They are the points that `kept_by_place` would choose.

    This class stores no other points, so adding a point takes the same time for short and for
    long curves.
    """

    def __init__(self, most: int, window: int = 1, gaps: Gaps = "left out") -> None:
        """Make a curve without points.

        Args:
            most: largest number of drawn points, at least 4.
            window: each value becomes the mean of itself and the `window` − 1 values before it.
            gaps: how missing values (NaN) are treated. "left out": a missing value takes no place
                in a window. "without a point": a missing value takes a place in the windows, and
                the curve has no point there. "bridged": a missing value takes a place, and its
                point is the mean of the known values in its window.
        """
        self._most = most
        self._mean = RunningMean(window) if window > 1 else None
        self._gaps = gaps
        self._width = 0.0  # steps in a stretch; 0 while all points are drawn
        self._complete = 0  # number of drawn points before the last stretch; these points stay
        self.steps: Numbers = np.empty(0)
        self.values: Numbers = np.empty(0)

    def add(self, steps: Numbers, values: Numbers) -> None:
        """Add N points. The new environment steps must be later than all earlier steps."""
        known = ~np.isnan(values)
        if self._gaps == "left out":
            steps, values, known = steps[known], values[known], known[known]
        if self._mean is not None:
            values = self._mean.add(values)
            known = ~np.isnan(values) if self._gaps == "bridged" else known
        if known.any():
            self._choose(steps[known], values[known])

    def _choose(self, steps: Numbers, values: Numbers) -> None:
        """Choose the drawn points from the points drawn so far and the new points.

        The other old points are not needed, because a longer stretch draws only points that its
        parts have drawn already.
        """
        least = min(_width_that_fits(float(steps[-1]), self._most), 1.0)
        complete = self._complete if self._width >= least else 0
        steps = np.concatenate([self.steps[complete:], steps])
        values = np.concatenate([self.values[complete:], values])
        if self._width or len(steps) > self._most:
            self._width = max(self._width, least)
            kept = _extremes(steps, values, self._width)
            if complete + len(kept) >= self._most:  # too many points: choose from all stretches
                steps = np.concatenate([self.steps[:complete], steps])
                values = np.concatenate([self.values[:complete], values])
                kept, complete = np.arange(len(steps)), 0
            while complete + len(kept) >= self._most:
                self._width *= 2
                kept = kept[_extremes(steps[kept], values[kept], self._width)]
            kept = _with_last(kept, len(steps))
            steps = np.concatenate([self.steps[:complete], steps[kept]])
            values = np.concatenate([self.values[:complete], values[kept]])
            begin = steps[-1] // self._width * self._width
            self._complete = int(np.searchsorted(steps, begin))
        self.steps, self.values = steps, values


SMOOTHING_EPISODES = 20
SMOOTHING_UPDATES = 200


@dataclass(frozen=True)
class Curve:
    """The learning curve of one run.

    `returns` [N] are the returns of the run's episodes. `steps` [N] are the environment steps at
    which the episodes end.
    """

    steps: Numbers
    returns: Numbers
    label: str = ""


@dataclass(frozen=True)
class UsualBand:
    """The returns that runs with certain settings usually reach.

    At each environment step in `steps`, `low`, `median` and `high` are quantiles, over many seeds,
    of the mean return.
    """

    steps: Numbers
    low: Numbers
    median: Numbers
    high: Numbers
    label: str
    seeds: NDArray[np.integer] | None = None  # number of seeds that still train at each step


@dataclass(frozen=True)
class GuessRegion:
    """A visitor's guess: a mean return from `low` to `high` between the steps `start` and `end`.

    If the guess has no lower bound, `low` is −∞. If the guess has no upper bound, `high` is ∞.
    """

    start: float
    end: float
    low: float
    high: float
