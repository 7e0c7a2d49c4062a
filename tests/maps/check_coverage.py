"""Measures how often the intervals of `pglab.maps.statistics` contain the true value.

Each population is given by its quantile function. So its true values need no simulation, and a
sample is the quantile function of uniform random numbers.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement, product

import numpy as np
from scipy import stats

from pglab.maps.statistics import (
    RESAMPLES,
    Interval,
    Numbers,
    difference_of,
    interquartile_mean,
    interval_of,
    probability_of_improvement,
)

Bounds = tuple[Numbers, Numbers]
GRID = (np.arange(100_000) + 0.5) / 100_000


def two_peaks(failing: float) -> Callable[[Numbers], Numbers]:
    """Some runs fail with returns around 50, the others come close to 500."""

    def quantile(u: Numbers) -> Numbers:
        fails = u < failing
        low = 50 + 20 * stats.norm.ppf(np.where(fails, u / failing, 0.5))
        high = 480 + 25 * stats.norm.ppf(np.where(fails, 0.5, (u - failing) / (1 - failing)))
        return np.asarray(np.where(fails, low, np.minimum(high, 500)))

    return quantile


POPULATIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "normal": lambda u: 250 + 80 * stats.norm.ppf(u),
    "log-normal": lambda u: 50 * np.exp(0.8 * stats.norm.ppf(u)),
    "exponential": lambda u: 20 - 100 * np.log1p(-u),
    "half fail": two_peaks(0.5),
    "70 % fail": two_peaks(0.7),
    "30 % 50, 70 % 500": lambda u: np.where(u < 0.3, 50.0, 500.0),
    "35 % at bound 500": lambda u: np.minimum(470 + 80 * stats.norm.ppf(u), 500),
    "60 % at bound 500": lambda u: np.minimum(520 + 80 * stats.norm.ppf(u), 500),
}


def true_middle(population: str) -> float:
    """The mean of the population between its quartiles."""
    return float(POPULATIONS[population](0.25 + GRID / 2).mean())


def true_improvement(a: str, b: str) -> float:
    """The probability that a draw of b is greater than a draw of a, plus half that of a tie."""
    first, second = POPULATIONS[a](GRID), POPULATIONS[b](GRID)
    sides = [np.searchsorted(first, second, side) for side in ("left", "right")]
    return float(np.mean(sides)) / len(GRID)


def samples(population: str, draws: int, seeds: int, stream: int = 0) -> Numbers:
    """Samples of a population: [draws, seeds]."""
    return POPULATIONS[population](np.random.default_rng(stream).random((draws, seeds)))


# --- The compared intervals: [draws, seeds] → low [draws], high [draws].


def chosen(values: Numbers) -> Bounds:
    """The interval that the project uses."""
    interval = interval_of(values)
    return interval.low, interval.high


def scipys(method: str) -> Callable[[Numbers], Bounds]:
    """One of SciPy's bootstrap intervals. BCa gives no interval for equal values: NaN."""

    def bounds(values: Numbers) -> Bounds:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = stats.bootstrap(
                (values,),
                lambda drawn, axis: stats.trim_mean(drawn, 0.25, axis=axis),
                n_resamples=RESAMPLES,
                batch=100,
                axis=-1,
                method=method,
                rng=np.random.default_rng(0),
            )
        return found.confidence_interval.low, found.confidence_interval.high

    return bounds


def standard_errors(values: Numbers) -> Numbers:
    """Yuen's standard error of the trimmed mean, from the winsorised variance: [..., N] → [...]."""
    seeds = values.shape[-1]
    cut = seeds // 4
    ordered = np.sort(values)
    winsorised = np.clip(ordered, ordered[..., [cut]], ordered[..., [seeds - 1 - cut]])
    kept = (seeds - 2 * cut) / seeds
    return np.asarray(winsorised.std(axis=-1, ddof=1) / (kept * np.sqrt(seeds)))


def yuen(values: Numbers) -> Bounds:
    """The t interval of the trimmed mean, with the number of kept values minus 1 as freedom."""
    seeds = values.shape[-1]
    t = stats.t.isf(0.025, seeds - 2 * (seeds // 4) - 1)
    middle, error = interquartile_mean(values), standard_errors(values)
    return middle - t * error, middle + t * error


def bootstrap_t(values: Numbers) -> Bounds:
    """The studentised bootstrap interval. Its width may be infinite."""
    seeds = values.shape[-1]
    places = np.random.default_rng(0).integers(0, seeds, (RESAMPLES, seeds))
    middle, error = interquartile_mean(values), standard_errors(values)
    low, high = np.empty_like(middle), np.empty_like(middle)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for k, sample in enumerate(values):
            drawn = sample[places]
            t = (interquartile_mean(drawn) - middle[k]) / standard_errors(drawn)
            left, right = np.quantile(np.nan_to_num(t, nan=0), [0.025, 0.975], method="lower")
            low[k], high[k] = middle[k] - right * error[k], middle[k] - left * error[k]
    return np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)


METHODS: dict[str, Callable[[Numbers], Bounds]] = {
    "chosen": chosen,
    "percentile": scipys("percentile"),
    "basic": scipys("basic"),
    "BCa": scipys("BCa"),
    "bootstrap-t": bootstrap_t,
    "Yuen's t": yuen,
}


def share_inside(low: Numbers, high: Numbers, truth: float) -> float:
    """The share of intervals that contain the truth, up to rounding."""
    return float(((low <= truth + 1e-6) & (high >= truth - 1e-6)).mean())


def coverage(population: str, seeds: int, draws: int, method: str = "chosen") -> float:
    """How often an interval contains the population's interquartile mean."""
    return share_inside(
        *METHODS[method](samples(population, draws, seeds)), true_middle(population)
    )


def coverage_of_differences(a: str, b: str, seeds: int, draws: int) -> float:
    """How often the interval of `difference_of` contains the true difference."""
    found = difference_of(samples(a, draws, seeds), samples(b, draws, seeds, stream=1)).interval
    return share_inside(found.low, found.high, true_middle(b) - true_middle(a))


def coverage_of_improvements(a: str, b: str, seeds: int, draws: int) -> float:
    """How often the interval of `probability_of_improvement` contains the true probability."""
    pairs = zip(samples(a, draws, seeds), samples(b, draws, seeds, stream=1), strict=True)
    found: list[Interval] = [probability_of_improvement(*pair).interval for pair in pairs]
    bounds = np.array([[interval.low, interval.high] for interval in found])
    return share_inside(bounds[:, 0], bounds[:, 1], true_improvement(a, b))


def lines(draws: int) -> Iterator[str]:
    """The two tables, line by line. Each number is a coverage in percent."""
    yield f"{'seeds':5} {'population':20}" + "".join(f"{method:>12}" for method in METHODS)
    for seeds, population in product((3, 5, 10, 16, 30), POPULATIONS):
        shares = [100 * coverage(population, seeds, draws, method) for method in METHODS]
        yield f"{seeds:5} {population:20}" + "".join(f"{share:12.1f}" for share in shares)
    yield f"\n{'seeds':5} {'a':20}{'b':20}{'difference':>12}{'improvement':>12}"
    pairs = combinations_with_replacement(POPULATIONS, 2)
    for seeds, (a, b) in product((3, 5, 10, 16, 30), pairs):
        difference = 100 * coverage_of_differences(a, b, seeds, draws)
        improvement = 100 * coverage_of_improvements(a, b, seeds, draws)
        yield f"{seeds:5} {a:20}{b:20}{difference:12.1f}{improvement:12.1f}"


def main() -> None:
    """Print the coverage of all intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2_000)
    for line in lines(parser.parse_args().draws):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
