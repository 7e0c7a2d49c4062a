"""Bootstrap intervals and the test for a signal, against naive versions and known truths."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pglab.gradient_estimators import cosine
from pglab.intervals import (
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


def total_variance(vectors: Floats) -> float:
    return float(np.trace(np.cov(vectors.T)))


def test_the_interval_of_a_ratio_is_that_of_resampled_variances() -> None:
    """Within a few percent: the naive version moves the mean with each resample."""
    drawn = generator().normal(size=(100, 6)) * [5, 3, 1, 1, 1, 1] + 2
    calmer = 0.4 * drawn + generator(1).normal(size=drawn.shape)
    part, whole = (((of - of.mean(axis=0)) ** 2).sum(axis=1) for of in (calmer, drawn))
    counts = bootstrap_counts(100, generator(2))
    found = ratio_interval(part, whole, counts)
    naive = [
        total_variance(np.repeat(calmer, row, axis=0))
        / total_variance(np.repeat(drawn, row, axis=0))
        for row in counts
    ]
    assert found.estimate == pytest.approx(total_variance(calmer) / total_variance(drawn))
    assert [found.low, found.high] == pytest.approx(np.quantile(naive, [0.025, 0.975]), rel=0.02)
    assert found.low < found.estimate < found.high


def test_the_interval_of_a_cosine_is_that_of_resampled_means() -> None:
    one = generator().normal(size=(30, 5)) + 1
    other = one + generator(1).normal(size=one.shape)
    counts = bootstrap_counts(30, generator(2))
    found = cosine_interval(one, other, counts)
    naive = [cosine(row @ one, row @ other) for row in counts]
    assert found.estimate == pytest.approx(cosine(one.mean(axis=0), other.mean(axis=0)))
    assert [found.low, found.high] == pytest.approx(np.quantile(naive, [0.025, 0.975]))


def test_a_signal_is_told_from_noise_and_noise_is_not_taken_for_one() -> None:
    """Noise alone is called a signal in about one of twenty cases."""
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
