"""Smoothing and thinning of curves that grow: neither changes what has been drawn before."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]
Indices = NDArray[np.intp]

KEPT_PER_BUCKET = 3  # the first, the lowest and the highest


def smoothed(values: Numbers, window: int) -> NDArray[np.float64]:
    """Mean of each value and up to `window` − 1 before it, NaN left out: [N] → [N].

    NaN where there is none among them. Later values change no mean.
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
    """Indices of at most `most` evenly spaced items, the last always among them.

    For what does not grow; of a curve that does, `kept_by_place` says what to draw.
    """
    if length <= most:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, most).round().astype(np.intp))


def kept_by_place(steps: Numbers, values: Numbers, most: int) -> Indices:
    """Which items of a growing curve to draw, at most `most`, chosen by their place.

    All of them, if they are so few. Else the first, the lowest and the highest in each of equal
    stretches of steps, and the last item of all. The stretches begin at 0 and are a power of two
    long, as short as `most` allows. So while a curve grows, what is drawn of a full stretch stays;
    when the length doubles, some of it goes, but not the lowest and the highest of two stretches.

    Args:
        steps: [N], not negative and not falling.
        values: [N], NaN where there is none.
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
    """A length of the stretches, a power of two, of which never too many reach up to `last`."""
    stretches = (most - 1) // KEPT_PER_BUCKET
    return 2.0 ** math.floor(math.log2(max(last, 1.0) / stretches) + 1)


def _extremes(steps: Numbers, values: Numbers, width: float) -> Indices:
    """Indices of the first, the lowest and the highest item in each stretch."""
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
    """Returns of one run: `steps` [N] at the end of each episode, `returns` [N]."""

    steps: Numbers
    returns: Numbers
    label: str = ""


@dataclass(frozen=True)
class UsualBand:
    """What settings usually give: quantiles over seeds of the mean return, by step."""

    steps: Numbers
    low: Numbers
    median: Numbers
    high: Numbers
    label: str
    seeds: NDArray[np.integer] | None = None  # how many it rests on at each step, if they stop


@dataclass(frozen=True)
class GuessRegion:
    """What a visitor expects: a mean return from `low` to `high` over the steps `start` to `end`.

    A side that the guess says nothing about is infinite.
    """

    start: float
    end: float
    low: float
    high: float
