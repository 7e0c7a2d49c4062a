"""Statistics over the results of several seeds: means, intervals, and comparisons of two agents.

All functions are deterministic: each bootstrap starts with the same random numbers. All values must
be finite. The command `python -m tests.maps.check_coverage` measures how often the intervals
contain the true value.

Sources: Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical
Precipice", https://arxiv.org/abs/2108.13264; Hesterberg 2015, "What Teachers Should Know About the
Bootstrap", https://arxiv.org/abs/1411.5279; Colas et al. 2018, "How Many Random Seeds?",
https://arxiv.org/abs/1806.08295; Newcombe 2006, "Confidence intervals for an effect size measure
based on the Mann–Whitney statistic. Part 2", Statistics in Medicine 25.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from scipy import stats

from pglab.language import _

Numbers = NDArray[np.float64]

LEVEL = 0.95
ENOUGH_SEEDS = 10  # with fewer seeds, no interval contains the true value in 95 % of all samples
MOST_SEEDS = 1_000
RESAMPLES = 2_000
BATCH = 500  # resamples that are in memory together


@dataclass(frozen=True)
class Interval:
    """An interval for an unknown number, or arrays of intervals.

    `level` is the share of samples whose interval contains the true value. `level` is None if this
    share is not close to 95 %. If the bounds cannot be computed, for example from a single seed,
    they are NaN.
    """

    low: Numbers  # [...]
    high: Numbers  # [...]
    level: float | None

    @property
    def name(self) -> str:
        """The name of the interval; it is “95 % interval” only if `level` is 95 %."""
        if self.level is None:
            return _("approximate interval")
        return _("{percent:.0f} % interval").format(percent=100 * self.level)


@dataclass(frozen=True)
class Estimate:
    """A number that is computed from seeds, with its interval; or an array of such numbers."""

    estimate: Numbers  # [...]
    interval: Interval


def interquartile_mean(values: Numbers) -> Numbers:
    """The mean of the middle half of the seeds (Agarwal et al. 2021): [..., N] → [...].

    The smallest quarter and the largest quarter of the N values are removed; N/4 is rounded down.
    So with fewer than four values, the result is the mean of all values.

    Raises:
        ValueError: there are no values, or a value is not finite.
    """
    return _middle(_checked(values))


def interval_of(values: Numbers) -> Interval:
    """The 95 % interval of the interquartile mean over N seeds: [..., N] → bounds [...].

    This is the expanded percentile interval (Hesterberg 2015): a percentile bootstrap whose
    quantiles are moved outwards. The quantiles are moved so far that the interval of a mean would
    be as wide as Student's t interval. The interval never exceeds the range of the values. If all
    values are equal, the width of the interval is 0.

    The interval was tested in simulations with normal, skewed, two-peaked and bounded populations.
    It contained the population's interquartile mean in 96–97 % of all samples of 10 seeds, and in
    94–97 % of all samples of 16 and of 30 seeds. With fewer than 10 seeds, the interval is called
    approximate, because it contained the interquartile mean in only 83–95 % of all samples of 5
    seeds, and in 64–78 % of all samples of 3 seeds. With 3 or 4 seeds, the interval is the range of
    the values. With one seed, both bounds are NaN.

    Raises:
        ValueError: there are no values, or a value is not finite.
    """
    values = _checked(values)
    seeds = values.shape[-1]
    return _bootstrap((values,), _middle, seeds - 1)


def difference_of(a: Numbers, b: Numbers) -> Estimate:
    """The difference of the interquartile means, b − a: [..., N] and [..., M] → [...].

    The interval is computed as in `interval_of`, with N + M − 2 degrees of freedom. The bootstrap
    resamples each group separately. In simulations, the interval contained the true difference in
    94–97 % of all pairs of samples with 10 seeds each, and in 99 % if the values of both groups
    were drawn from the same two numbers. With fewer than 10 seeds in a group, the interval is
    called approximate. If a group has only one seed, both bounds are NaN.

    Raises:
        ValueError: a group has no values, or a value is not finite.
    """
    a, b = _checked(a), _checked(b)
    interval = _bootstrap((a, b), _difference, a.shape[-1] + b.shape[-1] - 2)
    return Estimate(_difference(a, b), interval)


def probability_of_improvement(a: Numbers, b: Numbers) -> Estimate:
    """The share of pairs of seeds in which b is greater than a: [N] and [M] → share.

    A tie counts as one half. So the share is the statistic U of Mann and Whitney, divided by NM
    (Agarwal et al. 2021, section 4.3). The interval is Newcombe's (2006, method 5). A bootstrap
    interval is not used, because its width would be 0 if all seeds of b were better, even with only
    three seeds. In simulations with 10 seeds for each agent, Newcombe's 95 % interval contained
    the true share in 91–99 % of all cases, so it is called approximate. The interval can also be
    computed with one seed, but is then wide.

    Raises:
        ValueError: a group has no values, or a value is not finite.
    """
    a, b = _checked(a), _checked(b)
    share = stats.mannwhitneyu(b, a, method="asymptotic").statistic / (len(a) * len(b))
    return Estimate(np.asarray(share), _newcombe(float(share), len(a), len(b)))


def performance_profile(values: Numbers, thresholds: Numbers) -> Estimate:
    """The share of seeds above each threshold, with a band: [N] and [T] → [T].

    At each threshold, the number of seeds above it has a binomial distribution. So the band is the
    exact interval of Clopper and Pearson, which needs no bootstrap. This interval contains the true
    share in at least 95 % of all samples, for any number of seeds. A bootstrap band would have
    width 0 where all seeds or no seeds are above the threshold. The band is valid for each single
    threshold, not for all thresholds together.

    Raises:
        ValueError: there are no values, or a value is not finite.
    """
    values = _checked(values)
    seeds = len(values)
    above = (values > np.asarray(thresholds)[:, None]).sum(axis=1)
    bounds = np.array(
        [stats.binomtest(k, seeds).proportion_ci(LEVEL, "exact") for k in range(seeds + 1)]
    )
    low, high = bounds[above].T
    return Estimate(above / seeds, Interval(low, high, LEVEL))


def seeds_needed(a: Numbers, b: Numbers, power: float = 0.8, alpha: float = 0.05) -> int | None:
    """The number of seeds per group with which Welch's t-test finds the difference of a and b.

    The calculation assumes that the means and standard deviations of the given seeds, [N] and [M],
    are the true ones (Colas et al. 2018). With few given seeds, the result is only a rough guess.
    With the returned number of seeds, the two-sided test of level `alpha` finds the difference with
    at least the probability `power`. The test compares the square of t with a threshold, to cover
    both sides. The square of a noncentral t variable has a noncentral F distribution, so the
    calculation uses this distribution.

    Returns:
        The number of seeds. None if the means are equal, if more than 1,000 seeds are needed, or if
        a group has only one seed.

    Raises:
        ValueError: a group has no values, or a value is not finite.
    """
    a, b = _checked(a), _checked(b)
    if min(len(a), len(b)) < 2 or math.isclose(a.mean(), b.mean(), rel_tol=1e-9):
        return None
    variances = np.array([a.var(ddof=1), b.var(ddof=1)])
    if not variances.any():
        return 2
    seeds = np.arange(2, MOST_SEEDS + 1)
    freedom = (seeds - 1) / ((variances / variances.sum()) ** 2).sum()
    # Beyond 1e12, SciPy's distribution is NaN; the power is 1 long before.
    shift = np.minimum((b.mean() - a.mean()) ** 2 * seeds / variances.sum(), 1e12)
    powers = stats.ncf.sf(stats.f.isf(alpha, 1, freedom), 1, freedom, shift)
    enough = seeds[powers >= power]
    return int(enough[0]) if len(enough) else None


def _checked(values: Numbers) -> Numbers:
    """Return the values as an array; raise an error if a value is not finite or there are none.

    Without this check, a NaN would be removed as if it were the best seed.
    """
    values = np.asarray(values, dtype=np.float64)
    if not values.size:
        raise ValueError("there are no values")
    if not np.isfinite(values).all():
        raise ValueError("a value is not finite")
    return values


def _middle(values: Numbers, axis: int = -1) -> Numbers:
    """The interquartile mean along an axis."""
    return np.asarray(stats.trim_mean(values, 0.25, axis=axis))


def _difference(a: Numbers, b: Numbers, axis: int = -1) -> Numbers:
    """The difference of the interquartile means, b − a."""
    return _middle(b, axis) - _middle(a, axis)


def _bootstrap(
    groups: tuple[Numbers, ...], statistic: Callable[..., Numbers], freedom: int
) -> Interval:
    """The expanded percentile interval of a statistic of one or two groups of seeds [..., N].

    The spread of bootstrap samples of n seeds is too small by the factor √((n−1)/n), and their
    percentiles belong to a normal distribution instead of Student's t. So the tail α/2 is replaced
    by Φ(−√(n/(n−1)) t_{α/2}).
    """
    seeds = min(group.shape[-1] for group in groups)
    if seeds < 2:
        unknown = np.full(groups[0].shape[:-1], np.nan)
        return Interval(unknown, unknown, None)
    t = stats.t.isf((1 - LEVEL) / 2, freedom)
    found = stats.bootstrap(
        groups,
        statistic,
        n_resamples=RESAMPLES,
        batch=BATCH,
        vectorized=True,
        axis=-1,
        method="percentile",
        confidence_level=1 - 2 * stats.norm.sf(math.sqrt(seeds / (seeds - 1)) * t),
        rng=np.random.default_rng(0),
    ).confidence_interval
    level = LEVEL if seeds >= ENOUGH_SEEDS else None
    return Interval(np.asarray(found.low), np.asarray(found.high), level)


def _newcombe(share: float, n: int, m: int) -> Interval:
    """Newcombe's interval of the probability of improvement, for groups of n and m seeds.

    The interval contains each θ with (share − θ)² ≤ z² V(θ). Here, k = (n + m)/2 − 1 and
    V(θ) = θ(1 − θ) [1 + k(1 − θ)/(2 − θ) + kθ/(1 + θ)] / (nm).
    A multiplication by nm(2 − θ)(1 + θ) makes the condition a polynomial inequality. The bounds of
    the interval are roots of this polynomial.
    """
    z = stats.norm.isf((1 - LEVEL) / 2)
    k = (n + m) / 2 - 1
    θ = Polynomial([0.0, 1.0])
    scale = (2 - θ) * (1 + θ)
    variance = θ * (1 - θ) * (scale + k * (1 - θ) * (1 + θ) + k * θ * (2 - θ))
    roots = (n * m * scale * (share - θ) ** 2 - z**2 * variance).roots()
    # The other roots lie beyond −1 and 2, where `scale` changes its sign.
    inside = np.clip(roots.real[(roots.real > -0.5) & (roots.real < 1.5)], 0, 1)
    bounds = np.append(inside, share)  # without rounding errors if the share is 0 or 1
    return Interval(bounds.min(), bounds.max(), None)
