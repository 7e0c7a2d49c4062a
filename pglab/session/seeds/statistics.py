"""Statistics over the seeds of a run: smoothed curves, bands, and a test of paired differences."""

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
    """Two-sided p of a mean that differs from 0, from as large ones among sign flips: [N].

    Exact up to 16 differences, beyond with random flips.
    """
    count = len(differences)
    if 2**count <= MOST_FLIPS:
        signs = np.array(list(product((-1.0, 1.0), repeat=count)))
    else:
        signs = np.random.default_rng(0).choice((-1.0, 1.0), (MOST_FLIPS, count))
    flipped = np.abs(signs @ differences)
    return float((flipped >= abs(differences.sum()) - 1e-9).mean())


GRID_POINTS = 160  # of the band


def smoothed_curve(session: TrainingSession) -> Curve:
    """Smoothed returns of a run, with its seed as the label."""
    episodes = session.history.episodes
    means = smoothed(episodes["episode_return"], SMOOTHING_EPISODES)
    return Curve(episodes["global_step"], means, str(session.config.seed))


def stop_of(session: TrainingSession) -> float:
    """The step at which a run has stopped, and is known no further; infinite while it goes on."""
    return session.global_step if session.finished else math.inf


def band_of(curves: Sequence[Curve], stops: Sequence[float], until: int) -> UsualBand | None:
    """Median and quartiles over the seeds that still train at each step.

    A curve holds its value from one episode's end to the next. A seed leaves at the step at which
    it has stopped, solved or diverged: what it would have done later is unknown. The band ends
    where fewer than half are left, or only one.

    Args:
        curves: smoothed returns of each seed.
        stops: the step at which each has stopped, infinite for one that goes on.
        until: a step that all have reached that have not stopped before.

    Returns:
        None until every seed has ended an episode.
    """
    if len(curves) < 2 or not all(len(curve.steps) for curve in curves):
        return None
    first = max(float(curve.steps[0]) for curve in curves)
    least = max(2, math.ceil(len(curves) / 2))
    until = int(min(until, sorted(stops, reverse=True)[least - 1]))
    if until <= first:
        return None
    grid = _grid(first, until)
    values = np.stack(
        [curve.returns[np.searchsorted(curve.steps, grid, side="right") - 1] for curve in curves]
    )
    trains = grid <= np.array(stops)[:, None]
    seeds = trains.sum(axis=0)
    quartiles = np.empty((3, len(grid)))
    for together in np.unique(trains, axis=1).T:
        here = (trains == together[:, None]).all(axis=0)
        quartiles[:, here] = np.quantile(values[together][:, here], [0.25, 0.5, 0.75], axis=0)
    label = _("median of {n} seeds").format(n=len(curves))
    low, median, high = quartiles
    return UsualBand(grid, low, median, high, label, seeds)


def _grid(first: float, until: float) -> NDArray[np.float64]:
    """Steps of a band, at most `GRID_POINTS` and the last: those before stay while a run grows."""
    spacing = 2.0 ** math.ceil(math.log2(until / GRID_POINTS))
    inner = spacing * np.arange(math.ceil(first / spacing), math.ceil(until / spacing))
    return np.append(inner, until)
