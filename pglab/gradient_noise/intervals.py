"""Bootstrap confidence intervals for measured numbers, and a test for a signal in noise.

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
ROUNDING = 1e-6  # a smaller standard error comes only from rounding and counts as 0
SIGNIFICANCE = 0.05  # a signal with a smaller p-value counts as found


@dataclass(frozen=True)
class Interval:
    """An estimate and its confidence interval at level `LEVEL`; an unknown bound is NaN."""

    estimate: float
    low: float
    high: float

    @property
    def inverse(self) -> Interval:
        """The interval of 1 / x, computed from this interval of x.

        If a value of x is not positive, 1 / x is NaN.
        """
        ends = (self.estimate, self.high, self.low)
        return Interval(*(1 / x if x > 0 else math.nan for x in ends))


def bootstrap_counts(items: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Count how often each bootstrap resample contains each item: [`RESAMPLES`, items]."""
    return generator.multinomial(items, np.full(items, 1 / items), size=RESAMPLES)


def ratio_interval(parts: Floats, wholes: Floats, counts: NDArray[np.int64]) -> Interval:
    """The bootstrap confidence interval of the ratio Σ parts / Σ wholes.

    The method is bootstrap-t on the log scale. The deviation of each resample is divided by the
    resample's own standard error, because a few large items may dominate the sums. For the ratio of
    two total variances, `parts` and `wholes` are squared distances of vectors from their mean.

    Args:
        parts: [K].
        wholes: [K].
        counts: [B, K] from `bootstrap_counts`.
    """
    ratio = float(_ratio(parts.sum(), wholes.sum()))
    if not ratio > 0:  # one of the sums is 0
        return Interval(ratio, ratio, ratio)
    error = float(np.linalg.norm(parts - ratio * wholes) / parts.sum())
    # In all resamples, the distances are measured from the mean of all K vectors. If each resample
    # used its own mean, both sums would shrink by a factor of about 1 − 1/K, and the ratio would
    # hardly change.
    resampled, errors = _log_ratio(parts, wholes, counts)
    known = np.isfinite(resampled) & (errors > ROUNDING)
    if error < ROUNDING or not known.any():  # the ratio does not vary
        return Interval(ratio, ratio, ratio)
    t = (resampled[known] - math.log(ratio)) / errors[known]
    high, low = np.quantile(t, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(ratio, ratio * math.exp(-error * low), ratio * math.exp(-error * high))


def _log_ratio(parts: Floats, wholes: Floats, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return two arrays of shape [B], with one entry for each resample.

    The first array contains log(Σ parts / Σ wholes). The second array contains the standard error
    of this logarithm, computed by the delta method.
    """
    sums = np.stack([parts, wholes, parts**2, parts * wholes, wholes**2], axis=1)
    part, whole, *products = (
        counts.astype(np.float64) @ sums
    ).T  # NumPy multiplies floating-point matrices faster, with BLAS, than integer matrices
    ratios = _ratio(part, whole)
    squares = products[0] - 2 * ratios * products[1] + ratios**2 * products[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(ratios), np.sqrt(np.maximum(squares, 0.0)) / part


def cosine_interval(one: Floats, other: Floats, counts: NDArray[np.int64]) -> Interval:
    """The bootstrap confidence interval of the cosine between the means of two arrays.

    Row i of `one` and row i of `other` belong to the same item. Each resample draws n items with
    replacement.

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
    """The probability that pure noise gives a mean at least as long as the mean of `vectors`.

    `vectors` has the shape [n, P]. Without a signal, a vector v is as likely as −v. So the test
    repeatedly gives random signs to the vectors. The p-value is the share of these trials in which
    the sum of the vectors is at least as long as the sum of the original vectors.
    """
    gram = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    signs = generator.choice([-1.0, 1.0], size=(RESAMPLES, len(vectors)))
    lengths = np.einsum("bi,bi->b", signs @ gram, signs)
    return float((1 + (lengths >= gram.sum() * (1 - 1e-9)).sum()) / (1 + RESAMPLES))


def _ratio(parts: Floats, wholes: Floats) -> Floats:
    """Divide two arrays entry by entry; an entry is NaN if its denominator is 0."""
    ratios: Floats = np.full(np.shape(parts), np.nan)
    return np.divide(parts, wholes, out=ratios, where=np.asarray(wholes) != 0)


def _percentiles(estimate: float | Floats, resampled: Floats) -> Interval:
    """The percentile interval of the resampled values; NaN at both ends if all values are NaN."""
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return Interval(float(estimate), math.nan, math.nan)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(estimate), float(low), float(high))
