from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pglab.maps.statistics import (
    Numbers,
    difference_of,
    interquartile_mean,
    interval_of,
    performance_profile,
    probability_of_improvement,
    seeds_needed,
)
from tests.maps.check_coverage import (
    coverage,
    coverage_of_differences,
    coverage_of_improvements,
)

RETURNS = np.array([500, 41, 480, 500, 333, 9, 120, 500, 260, 75], dtype=float)


def drawn(*shape: int) -> Numbers:
    return np.random.default_rng(4).normal(200, 50, shape)


@pytest.mark.parametrize("seeds", [1, 2, 3, 4, 5, 7, 8, 10, 30])
def test_the_interquartile_mean_is_the_mean_of_the_middle_half(seeds: int) -> None:
    cells = drawn(2, 3, seeds)
    cut = seeds // 4
    naive = [[np.mean(sorted(cell)[cut : seeds - cut]) for cell in row] for row in cells]
    assert interquartile_mean(cells) == pytest.approx(np.array(naive))


def test_the_interval_is_an_expanded_percentile_interval() -> None:
    # A bootstrap without SciPy. For n = 10, the tail is Φ(−√(10/9) · 2.262) = 0.0086.
    rng = np.random.default_rng(8)
    middles = [np.mean(sorted(rng.choice(RETURNS, len(RETURNS)))[2:-2]) for _ in range(10_000)]
    interval = interval_of(RETURNS)
    low, high = np.quantile(middles, [0.0086, 1 - 0.0086])
    assert [interval.low, interval.high] == pytest.approx([low, high], abs=12)
    assert high - low > 1.1 * np.diff(np.quantile(middles, [0.025, 0.975]))[0] > 200
    assert interval.name == "95 % interval"


def test_a_cell_has_the_same_interval_alone_and_in_a_map() -> None:
    cells = drawn(7, 10, 5)
    together, again, alone = interval_of(cells), interval_of(cells), interval_of(cells[3, 4])
    assert (together.low[3, 4], together.high[3, 4]) == (alone.low, alone.high)
    np.testing.assert_array_equal(together.low, again.low)


def test_the_interval_stays_inside_the_values() -> None:
    for seeds in (2, 3, 5, 10):
        cells = drawn(20, seeds)
        interval = interval_of(cells)
        assert (interval.low >= cells.min(axis=-1) - 1e-9).all()
        assert (interval.high <= cells.max(axis=-1) + 1e-9).all()


def test_equal_values_have_an_interval_of_width_zero() -> None:
    interval = interval_of(np.full((2, 10), 500.0))
    np.testing.assert_array_equal([interval.low, interval.high], np.full((2, 2), 500.0))
    difference = difference_of(np.full(10, 50.0), np.full(12, 500.0))
    assert [float(difference.interval.low), float(difference.interval.high)] == [450, 450]


def test_one_seed_has_no_interval() -> None:
    for interval in (interval_of(drawn(3, 1)), difference_of(drawn(1), drawn(9)).interval):
        assert np.isnan(interval.low).all()
        assert np.isnan(interval.high).all()


def test_only_ten_seeds_have_a_95_percent_interval() -> None:
    assert (interval_of(drawn(10)).level, interval_of(drawn(9)).level) == (0.95, None)
    assert difference_of(drawn(10), drawn(9)).interval.name == "approximate interval"


def test_the_difference_resamples_each_group_by_itself() -> None:
    # All values of a are equal. So the resamples of b alone give the interval, moved by 100.
    difference = difference_of(np.full(10, 100.0), RETURNS)
    rng = np.random.default_rng(8)
    middles = [np.mean(sorted(rng.choice(RETURNS, 10))[2:-2]) - 100 for _ in range(10_000)]
    # Φ(−√(10/9) · t) for 18 degrees of freedom, t = 2.101
    expected = np.quantile(middles, [0.0134, 1 - 0.0134])
    bounds = [float(difference.interval.low), float(difference.interval.high)]
    assert bounds == pytest.approx(list(expected), abs=25)
    assert difference.estimate == pytest.approx(interquartile_mean(RETURNS) - 100)


def test_the_probability_of_improvement_counts_pairs() -> None:
    a, b = RETURNS, np.array([500, 500, 300, 120, 90], dtype=float)
    pairs = [1.0 if y > x else 0.5 if y == x else 0.0 for x in a for y in b]
    assert probability_of_improvement(a, b).estimate == pytest.approx(np.mean(pairs))
    assert probability_of_improvement(b, a).estimate == pytest.approx(1 - np.mean(pairs))
    assert probability_of_improvement(a, a).estimate == pytest.approx(0.5)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 8), (10, 10)])
def test_newcombes_interval_solves_its_equation(n: int, m: int) -> None:
    better = probability_of_improvement(drawn(n), drawn(m) + 60)
    share = float(better.estimate)
    k = (n + m) / 2 - 1
    theta = np.linspace(0, 1, 100_001)
    variance = theta * (1 - theta) * (1 + k * (1 - theta) / (2 - theta) + k * theta / (1 + theta))
    inside = theta[np.abs(share - theta) <= 1.959964 * np.sqrt(variance / (n * m)) + 1e-9]
    bounds = [better.interval.low, better.interval.high]
    assert bounds == pytest.approx([inside.min(), inside.max()], abs=2e-5)


def test_complete_separation_leaves_doubt() -> None:
    a, b = np.zeros(3), np.ones(3)
    up, down = probability_of_improvement(a, b), probability_of_improvement(b, a)
    assert [float(up.estimate), float(up.interval.high)] == [1, 1]
    assert [float(down.estimate), float(down.interval.low)] == [0, 0]
    assert up.interval.low == pytest.approx(1 - down.interval.high)
    assert 0.3 < up.interval.low < 0.7


def test_the_profile_is_the_share_of_seeds_above_each_threshold() -> None:
    profile = performance_profile(RETURNS, np.array([0.0, 9.0, 300.0, 500.0]))
    assert profile.estimate == pytest.approx(np.array([1, 0.9, 0.5, 0]))
    # Clopper and Pearson's interval for 0 of n ends at 1 − 0.025^(1/n).
    assert profile.interval.high[3] == pytest.approx(1 - 0.025**0.1)
    assert profile.interval.low[[0, 3]] == pytest.approx([0.025**0.1, 0])
    # For 5 of 10, tables give 0.187 and 0.813.
    assert [profile.interval.low[2], profile.interval.high[2]] == pytest.approx(
        [0.187, 0.813], abs=5e-4
    )


@pytest.mark.parametrize(("effect", "seeds"), [(0.2, 394), (0.5, 64), (0.8, 26), (1.0, 17)])
def test_the_needed_seeds_are_those_of_the_table(effect: float, seeds: int) -> None:
    # Cohen 1988, table 2.4.1: two-sided test, α = 0.05, power 0.8
    a = stats.zscore(drawn(10), ddof=1)
    assert seeds_needed(a, a + effect) == seeds_needed(a + effect, a) == seeds


def test_the_needed_seeds_reach_the_power_if_the_spreads_differ() -> None:
    a = stats.zscore(drawn(10), ddof=1)
    b = 4 * stats.zscore(RETURNS, ddof=1) + 3
    seeds = seeds_needed(a, b)
    assert seeds is not None
    rng = np.random.default_rng(2)
    first = rng.normal(0, 1, (20_000, seeds))
    second = rng.normal(3, 4, (20_000, seeds))
    found = stats.ttest_ind(first, second, axis=1, equal_var=False).pvalue < 0.05
    assert 0.79 < found.mean() < 0.83


def test_no_number_of_seeds_is_given_where_there_is_none() -> None:
    a = stats.zscore(drawn(10), ddof=1)
    assert seeds_needed(a, a[::-1]) is None
    assert seeds_needed(np.full(10, 0.1), np.full(16, 0.1)) is None
    assert seeds_needed(a, a + 0.01) is None
    assert seeds_needed(a[:1], a + 5) is None


def test_two_seeds_are_enough_without_spread() -> None:
    assert seeds_needed(np.full(3, 9.0), np.full(3, 500.0)) == 2
    assert seeds_needed(np.array([9, 9 + 1e-9]), np.array([500, 500 + 1e-9])) == 2


@pytest.mark.parametrize("values", [[], [1, np.nan, 3, 4], [1, np.inf]])
def test_missing_and_infinite_values_are_refused(values: list[float]) -> None:
    bad, good = np.array(values), drawn(4)
    calls = (
        lambda: interquartile_mean(bad),
        lambda: interval_of(bad),
        lambda: difference_of(good, bad),
        lambda: probability_of_improvement(bad, good),
        lambda: performance_profile(bad, good),
        lambda: seeds_needed(good, bad),
    )
    for call in calls:
        with pytest.raises(ValueError, match="value"):
            call()


@pytest.mark.parametrize("population", ["normal", "70 % fail", "35 % at bound 500"])
def test_the_interval_of_ten_seeds_contains_the_true_value(population: str) -> None:
    # The standard error of a share of 400 draws is 1.1 %.
    assert 0.92 < coverage(population, seeds=10, draws=400) < 0.99


def test_the_usual_t_interval_would_not_contain_it() -> None:
    assert coverage("70 % fail", seeds=10, draws=400, method="Yuen's t") < 0.75


def test_intervals_of_comparisons_contain_the_true_value() -> None:
    assert 0.91 < coverage_of_differences("half fail", "70 % fail", seeds=10, draws=400) < 0.99
    assert 0.91 < coverage_of_improvements("half fail", "70 % fail", seeds=10, draws=400) < 0.99
