"""Statistics over seeds: smoothed curves, quartile bands, and a test of paired differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pglab.curves import SMOOTHING_EPISODES, Curve, UsualBand, smoothed
from pglab.language import _
from pglab.session.training_session import TrainingSession

MOST_FLIPS = 2**16


def sign_flip_p(differences: NDArray[np.float64]) -> float:
    """Two-sided p-value of a sign-flip test: [N] → p.

    The tested hypothesis is that the mean difference is 0. The test multiplies each difference by 1
    or −1, in many combinations of these signs. The p-value is the share of combinations whose mean
    is at least as far from 0 as the mean of the given differences. For at most 16 differences, the
    test tries all combinations. For more differences, the test tries 65,536 random combinations.
    """
    count = len(differences)
    if 2**count <= MOST_FLIPS:
        signs = np.array(list(product((-1.0, 1.0), repeat=count)))
    else:
        signs = np.random.default_rng(0).choice((-1.0, 1.0), (MOST_FLIPS, count))
    flipped = np.abs(signs @ differences)
    return float((flipped >= abs(differences.sum()) - 1e-9).mean())


GRID_POINTS = 160  # maximum number of points of a band


def smoothed_curve(session: TrainingSession) -> Curve:
    """Smoothed learning curve of a run, labelled with its seed."""
    episodes = session.history.episodes
    means = smoothed(episodes["episode_return"], SMOOTHING_EPISODES)
    return Curve(episodes["global_step"], means, str(session.config.seed))


def stop_of(session: TrainingSession) -> float:
    """The step at which a run stopped; infinity if the run has not stopped."""
    return session.global_step if session.finished else math.inf


def band_of(
    curves: Sequence[Curve], stops: Sequence[float], until: int, spacing: float | None = None
) -> UsualBand | None:
    """At each step, the median and the quartiles of the seeds that have not stopped yet.

    A curve keeps its value from the end of one episode to the end of the next episode. The band
    ends when only one seed or fewer than half of the seeds still train.

    Args:
        curves: smoothed returns of each seed.
        stops: the step at which each seed stopped; infinity for a seed that has not stopped.
        until: the last possible step of the band; every seed that has not stopped has reached this
            step.
        spacing: steps between the points of the band; None stands for `grid_spacing(until)`.

    Returns:
        The band; None if there is only one seed, if a seed has not ended an episode yet, or if the
        band would have no points.
    """
    if len(curves) < 2 or not all(len(curve.steps) for curve in curves):
        return None
    first = max(float(curve.steps[0]) for curve in curves)
    least = max(2, math.ceil(len(curves) / 2))
    until = int(min(until, sorted(stops, reverse=True)[least - 1]))
    if until <= first:
        return None
    grid = _grid(first, until, spacing or grid_spacing(until))
    values = np.stack(
        [curve.returns[np.searchsorted(curve.steps, grid, side="right") - 1] for curve in curves]
    )
    # After a seed has stopped, its later returns are unknown.
    trains = grid <= np.array(stops)[:, None]
    seeds = trains.sum(axis=0)
    quartiles = np.empty((3, len(grid)))
    for together in np.unique(trains, axis=1).T:
        here = (trains == together[:, None]).all(axis=0)
        quartiles[:, here] = np.quantile(values[together][:, here], [0.25, 0.5, 0.75], axis=0)
    label = _("median of {n} seeds").format(n=len(curves))
    low, median, high = quartiles
    return UsualBand(grid, low, median, high, label, seeds)


def grid_spacing(until: float) -> float:
    """Steps between two points of a band that ends at the step `until`; always a power of two."""
    return 2.0 ** math.ceil(math.log2(until / GRID_POINTS))


def _grid(first: float, until: float, spacing: float) -> NDArray[np.float64]:
    """The steps at which a band has points: `until`, and the multiples of `spacing` before it.

    Multiples of `spacing` that are smaller than `first` are left out.
    """
    inner = spacing * np.arange(math.ceil(first / spacing), math.ceil(until / spacing))
    return np.append(inner, until)
