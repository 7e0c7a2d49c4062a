"""Smooths curves, and chooses which points of a long curve are drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]
Indices = NDArray[np.intp]

KEPT_PER_BUCKET = 3  # drawn items of a stretch: the first, the lowest and the highest


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
    known = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0), dtype=float)])
    counts = np.concatenate([[0], np.cumsum(known)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    number = counts[ends] - counts[starts]
    means: NDArray[np.float64] = np.full(len(values), np.nan)
    np.divide(sums[ends] - sums[starts], number, out=means, where=number > 0)
    return means


def thinned(length: int, most: int) -> Indices:
    """Choose at most `most` of `length` items, evenly spaced, and return their indices.

    If `most` is at least 2, the last item is always chosen. Use this function for curves that do
    not grow, and `kept_by_place` for curves that grow.
    """
    if length <= most:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, most).round().astype(np.intp))


def kept_by_place(steps: Numbers, values: Numbers, most: int) -> Indices:
    """Choose which items of a growing curve are drawn, up to `most`, and return their indices.

    A curve of at most `most` items is drawn completely. A longer curve is divided, from step 0 on,
    into stretches of equal length. The drawn items are the first, the lowest and the highest item
    of each stretch, and the last item of the curve. The length of a stretch, in steps, is the
    smallest power of two with which at most `most` items are drawn. While the curve grows, the
    drawn items of a complete stretch stay the same. When the stretches become twice as long, two
    old stretches form a new stretch. Of the items drawn in the two old stretches, the first, the
    lowest and the highest are still drawn.

    Args:
        steps: [N] environment steps in ascending order, the first at least 0.
        values: [N]; a missing value is NaN.
        most: at least 4.
    """
    if len(steps) <= most:
        return np.arange(len(steps))
    width = _width_that_fits(float(steps[-1]), most)
    kept = _extremes(steps, values, width)
    while width > 1 and len(finer := _extremes(steps, values, width / 2)) < most:
        width, kept = width / 2, finer
    last = len(steps) - 1
    return kept if kept[-1] == last else np.append(kept, last)


def _width_that_fits(last: float, most: int) -> float:
    """A power of two; stretches of this length keep at most `most` items up to step `last`."""
    stretches = (most - 1) // KEPT_PER_BUCKET
    return 2.0 ** math.floor(math.log2(max(last, 1.0) / stretches) + 1)


def _extremes(steps: Numbers, values: Numbers, width: float) -> Indices:
    """Indices of the first, the lowest and the highest item in each stretch of `width` steps."""
    stretch = np.floor_divide(steps, width)
    firsts = np.flatnonzero(np.append(True, stretch[1:] != stretch[:-1]))
    of_item = np.repeat(np.arange(len(firsts)), np.diff(np.append(firsts, len(steps))))
    chosen = [firsts]
    for extreme in (np.fmin, np.fmax):
        hits = np.flatnonzero(values == extreme.reduceat(values, firsts)[of_item])
        chosen.append(hits[np.unique(of_item[hits], return_index=True)[1]])
    return np.unique(np.concatenate(chosen))


SMOOTHING_EPISODES = 20
SMOOTHING_UPDATES = 200


@dataclass(frozen=True)
class Curve:
    """The learning curve of one run.

    `returns` [N] are the returns of the run's episodes. `steps` [N] are the steps at which the
    episodes end.
    """

    steps: Numbers
    returns: Numbers
    label: str = ""


@dataclass(frozen=True)
class UsualBand:
    """The returns that runs with certain settings usually reach.

    At each step in `steps`, `low`, `median` and `high` are quantiles of the mean return over many
    seeds.
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

    If the guess has no lower or no upper bound, that bound is infinite.
    """

    start: float
    end: float
    low: float
    high: float
