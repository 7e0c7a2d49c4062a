"""The uncertainty of measured numbers: bootstrap intervals, and a test for a signal in noise.

Sources: Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapters 12 (bootstrap-t) and
13 (percentiles);
Fisher (1935), The Design of Experiments, section 21 (random signs).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pglab.records import Floats

RESAMPLES = 2_000
LEVEL = 0.95  # confidence level of every interval
ROUNDING = 1e-6  # a smaller standard error counts as 0: it comes from rounding
SIGNIFICANCE = 0.05  # with a larger p-value a signal counts as not found


@dataclass(frozen=True)
class Interval:
    """An estimate and the ends of its interval at `LEVEL`; an unknown end is NaN."""

    estimate: float
    low: float
    high: float

    @property
    def inverse(self) -> Interval:
        """The interval of 1 / x for a positive x; an end is NaN if it cannot be inverted."""
        ends = (self.estimate, self.high, self.low)
        return Interval(*(1 / x if x > 0 else math.nan for x in ends))


def bootstrap_counts(items: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """The number of times that each resample contains each item: [`RESAMPLES`, items]."""
    return generator.multinomial(items, np.full(items, 1 / items), size=RESAMPLES)


def ratio_interval(parts: Floats, wholes: Floats, counts: NDArray[np.int64]) -> Interval:
    """The interval of Σ parts / Σ wholes, by resampling the items.

    The method is bootstrap-t on the log scale: each resample is scaled by its own standard error,
    because a few large items may dominate the sums. If the items are squared distances of K vectors
    from their mean, the result is a ratio of total variances. The mean is not computed anew in each
    resample: that would scale both variances by about 1 − 1/K.

    Args:
        parts: [K].
        wholes: [K].
        counts: [B, K] from `bootstrap_counts`.
    """
    ratio = float(_ratio(parts.sum(), wholes.sum()))
    if not ratio > 0:  # one of the sums is 0
        return Interval(ratio, ratio, ratio)
    error = float(np.linalg.norm(parts - ratio * wholes) / parts.sum())
    resampled, errors = _log_ratio(parts, wholes, counts)
    known = np.isfinite(resampled) & (errors > ROUNDING)
    if error < ROUNDING or not known.any():  # nothing varies
        return Interval(ratio, ratio, ratio)
    t = (resampled[known] - math.log(ratio)) / errors[known]
    high, low = np.quantile(t, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(ratio, ratio * math.exp(-error * low), ratio * math.exp(-error * high))


def _log_ratio(parts: Floats, wholes: Floats, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """log(Σ parts / Σ wholes) of each resample and its standard error (delta method): [B] each."""
    sums = np.stack([parts, wholes, parts**2, parts * wholes, wholes**2], axis=1)
    part, whole, *products = (
        counts.astype(np.float64) @ sums
    ).T  # as floats, because BLAS is faster
    ratios = _ratio(part, whole)
    squares = products[0] - 2 * ratios * products[1] + ratios**2 * products[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(ratios), np.sqrt(np.maximum(squares, 0.0)) / part


def cosine_interval(one: Floats, other: Floats, counts: NDArray[np.int64]) -> Interval:
    """The interval of the cosine between two means over the same n items, by resampling them.

    Args:
        one: [n, P].
        other: [n, P].
        counts: [B, n] from `bootstrap_counts`.
    """

    def products(of: Floats, by: Floats) -> Floats:
        gram = of.astype(np.float64) @ by.astype(np.float64).T
        every = np.vstack([np.ones(len(gram), np.int64), counts])
        summed: Floats = np.einsum("bi,bi->b", every @ gram, every)
        return summed

    lengths = np.sqrt(np.maximum(products(one, one) * products(other, other), 0.0))
    cosines = _ratio(products(one, other), lengths)
    return _percentiles(float(cosines[0]), cosines[1:])


def signal_p_value(vectors: Floats, generator: np.random.Generator) -> float:
    """The probability that noise alone makes the mean of the vectors [n, P] as long as it is.

    Without a signal, each vector is as likely as its negative. The p-value is the share of random
    choices of signs for which the sum is at least as long as the sum of the vectors themselves.
    """
    gram = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    signs = generator.choice([-1.0, 1.0], size=(RESAMPLES, len(vectors)))
    lengths = np.einsum("bi,bi->b", signs @ gram, signs)
    return float((1 + (lengths >= gram.sum() * (1 - 1e-9)).sum()) / (1 + RESAMPLES))


def _ratio(parts: Floats, wholes: Floats) -> Floats:
    """The quotients of two arrays; NaN if a denominator is 0."""
    ratios: Floats = np.full(np.shape(parts), np.nan)
    return np.divide(parts, wholes, out=ratios, where=np.asarray(wholes) != 0)


def _percentiles(estimate: float | Floats, resampled: Floats) -> Interval:
    """The percentile interval; its ends are NaN if no resample has a value."""
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return Interval(float(estimate), math.nan, math.nan)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(estimate), float(low), float(high))
