"""Bootstrap intervals and the test for a signal, compared with naive versions and known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pglab.gradient_noise.estimators import cosine
from pglab.gradient_noise.intervals import (
    RESAMPLES,
    Interval,
    bootstrap_counts,
    cosine_interval,
    ratio_interval,
    signal_p_value,
)
from pglab.records import Floats


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def log_ratio(part: Floats, whole: Floats) -> tuple[float, float]:
    """Return the logarithm of a ratio, and its standard error from the influence of each item."""
    ratio = part.sum() / whole.sum()
    influence = (part - ratio * whole) / part.mean()
    return float(np.log(ratio)), float(np.sqrt((influence**2).sum()) / len(part))


def test_the_interval_of_a_ratio_is_that_of_resampled_t_values() -> None:
    drawn = generator().lognormal(size=(2, 60))
    part, whole = 0.3 * drawn[0] * drawn[1], drawn[1]
    counts = bootstrap_counts(60, generator(2))
    found = ratio_interval(part, whole, counts)
    centre, error = log_ratio(part, whole)
    resampled = [log_ratio(np.repeat(part, row), np.repeat(whole, row)) for row in counts]
    low, high = np.quantile([(at - centre) / of for at, of in resampled], [0.025, 0.975])
    assert found.estimate == pytest.approx(part.sum() / whole.sum())
    expected = np.exp([centre - error * high, centre - error * low])
    assert [found.low, found.high] == pytest.approx(expected)
    assert found.low < found.estimate < found.high


def test_where_few_items_decide_the_truth_is_found_more_often_than_by_percentiles() -> None:
    inside = []
    for seed in range(60):
        z = generator(seed).normal(size=50)
        part, whole, truth = np.exp(1.6 * z), np.exp(0.8 * z), np.exp(1.5 * 0.8**2)
        counts = bootstrap_counts(50, generator(seed))
        found = ratio_interval(part, whole, counts)
        low, high = np.quantile(
            (counts.astype(float) @ part) / (counts.astype(float) @ whole), [0.025, 0.975]
        )
        inside.append([found.low <= truth <= found.high, low <= truth <= high])
    ours, percentiles = np.mean(inside, axis=0)
    assert ours >= 0.8 > percentiles + 0.1


def test_nothing_varies_in_a_ratio_to_itself() -> None:
    for seed in range(5):  # the rounding errors differ between seeds
        whole = generator(seed).lognormal(size=100)
        found = ratio_interval(whole, whole, bootstrap_counts(100, generator()))
        assert (found.estimate, found.low, found.high) == (1.0, 1.0, 1.0)


def test_the_interval_of_a_cosine_is_that_of_resampled_means() -> None:
    one = generator().normal(size=(30, 5)) + 1
    other = one + generator(1).normal(size=one.shape)
    counts = bootstrap_counts(30, generator(2))
    found = cosine_interval(one, other, counts)
    naive = [cosine(row @ one, row @ other) for row in counts]
    assert found.estimate == pytest.approx(cosine(one.mean(axis=0), other.mean(axis=0)))
    assert [found.low, found.high] == pytest.approx(np.quantile(naive, [0.025, 0.975]))


def test_a_signal_is_told_from_noise_and_noise_is_not_taken_for_one() -> None:
    """In about 5 % of all cases, the test takes pure noise for a signal."""
    noise = [generator(n).normal(size=(12, 40)) for n in range(200)]
    by_chance = np.mean([signal_p_value(of, generator(n)) < 0.05 for n, of in enumerate(noise)])
    assert 0.01 <= by_chance <= 0.10
    assert signal_p_value(noise[0] + 1.0, generator()) < 0.01
    assert signal_p_value(np.zeros((12, 3)), generator()) == 1


def test_resamples_are_as_large_as_the_sample_and_follow_the_seed() -> None:
    counts = bootstrap_counts(7, generator())
    assert counts.shape == (RESAMPLES, 7)
    assert set(counts.sum(axis=1)) == {7}
    np.testing.assert_array_equal(counts, bootstrap_counts(7, generator()))


def test_nothing_to_divide_by_gives_no_interval() -> None:
    nothing = ratio_interval(np.zeros(4), np.zeros(4), bootstrap_counts(4, generator()))
    assert np.isnan([nothing.estimate, nothing.low, nothing.high]).all()


def test_the_inverse_turns_the_ends_around() -> None:
    assert Interval(0.5, 0.25, 1.0).inverse == Interval(2.0, 1.0, 4.0)
    assert math.isnan(Interval(0.1, 0.0, 1.0).inverse.high)
