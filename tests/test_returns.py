"""The functions for returns, compared with numbers worked by hand and with the definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pglab.returns import (
    discounted_returns,
    normalized,
    policy_signal,
    policy_signals,
    td_targets,
    whole_episode_returns,
)
from tests.oracles import naive_returns

ReturnsFunction = Callable[[Any, Any, float], Any]
BOTH_FORMS = pytest.mark.parametrize("function", [discounted_returns, whole_episode_returns])


@pytest.mark.parametrize(
    ("rewards", "ends", "gamma", "to_go", "whole"),
    [
        ([1, 1, 1], [0, 0, 1], 0.5, [1.75, 1.5, 1], [1.75, 1.75, 1.75]),
        ([1, 1, 1], [0, 0, 1], 1.0, [3, 2, 1], [3, 3, 3]),
        ([1, 2, 3], [0, 0, 1], 0.0, [1, 2, 3], [1, 1, 1]),
        ([1, 2, 4, 8], [0, 1, 0, 1], 0.5, [2, 2, 8, 8], [2, 2, 8, 8]),  # two episodes
        ([-1, 3, 5], [1, 1, 1], 0.9, [-1, 3, 5], [-1, 3, 5]),  # episodes of one step each
        ([1, 1, 2], [1, 0, 0], 0.5, [1, 2, 2], [1, 2, 2]),  # the last episode has not ended
    ],
)
def test_hand_worked(
    rewards: list[float], ends: list[int], gamma: float, to_go: list[float], whole: list[float]
) -> None:
    np.testing.assert_allclose(discounted_returns(rewards, ends, gamma), to_go, rtol=1e-15)
    np.testing.assert_allclose(whole_episode_returns(rewards, ends, gamma), whole, rtol=1e-15)


@pytest.mark.parametrize("seed", range(10))
def test_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    rewards = random.normal(size=60)
    ends = random.random(60) < 0.15
    gamma = float(random.choice([0.0, 0.3, 0.99, 1.0]))
    for function, whole in [(discounted_returns, False), (whole_episode_returns, True)]:
        expected = naive_returns(list(rewards), list(ends), gamma, whole_episode=whole)
        np.testing.assert_allclose(function(rewards, ends, gamma), expected, rtol=1e-12, atol=1e-12)


@BOTH_FORMS
def test_restarting_only_where_terminated_would_leak(function: ReturnsFunction) -> None:
    rewards = np.ones(5)
    terminated = np.array([0, 0, 0, 0, 1], dtype=bool)
    truncated = np.array([0, 0, 1, 0, 0], dtype=bool)
    right = function(rewards, terminated | truncated, 0.9)
    leaking = function(rewards, terminated, 0.9)
    first_alone = function(rewards[:3], [0, 0, 1], 0.9)
    np.testing.assert_array_equal(right[:3], first_alone)
    assert (leaking[:3] > first_alone + 0.5).all()


@BOTH_FORMS
def test_empty_batch(function: ReturnsFunction) -> None:
    assert function([], [], 0.9).shape == (0,)


@BOTH_FORMS
@pytest.mark.parametrize(
    ("rewards", "ends"), [([1, 2], [1]), ([[1, 2]], [[0, 1]]), ([1], [[1]]), (1.0, True)]
)
def test_wrong_shapes(function: ReturnsFunction, rewards: Any, ends: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        function(rewards, ends, 0.9)


@BOTH_FORMS
def test_whole_numbers_give_float64(function: ReturnsFunction) -> None:
    returns = function(np.array([1, 1], dtype=np.int64), [0, 1], 0.5)
    assert returns.dtype == np.float64
    assert returns[0] == 1.5


def test_normalized() -> None:
    weights = np.array([1.0, 2.0, 3.0, 6.0])
    result = normalized(weights)
    # The mean is 3, the deviations are −2, −1, 0, 3, and the variance is 14/4 (divided by T).
    np.testing.assert_allclose(result, np.array([-2, -1, 0, 3]) / np.sqrt(3.5), rtol=1e-12)
    np.testing.assert_array_equal(weights, [1, 2, 3, 6])


@pytest.mark.parametrize("batch", [[], [5.0], [5.0] * 4, [0.1 + 0.2, 0.3], [499.9] * 7])
def test_normalized_without_variation_is_zero(batch: list[float]) -> None:
    np.testing.assert_array_equal(normalized(np.array(batch)), np.zeros(len(batch)))


# --- TD targets


def test_targets_bootstrap_from_the_best_next_action_unless_terminated() -> None:
    rewards = [1.0, 1.0, -2.0, 0.0]
    terminated = [False, True, False, True]
    next_values = [[3.0, 5.0], [100.0, 200.0], [-4.0, -1.0], [-7.0, -8.0]]
    targets = td_targets(rewards, terminated, next_values, 0.5)
    np.testing.assert_array_equal(targets, [1 + 0.5 * 5, 1, -2 - 0.5 * 1, 0])


def test_a_terminated_step_ignores_even_values_that_are_not_numbers() -> None:
    assert td_targets([1.0], [True], [[np.nan, np.inf]], 0.9).tolist() == [1.0]


def test_targets_without_and_with_full_discount() -> None:
    next_values = np.array([[2.0, 1.0, 3.0]])
    assert td_targets([1], [0], next_values, 0.0).tolist() == [1.0]
    assert td_targets([1], [0], next_values, 1.0).tolist() == [4.0]


def test_targets_in_single_precision_are_float64_and_leave_their_input_alone() -> None:
    next_values = np.array([[0.1, 0.2]], dtype=np.float32)
    before = next_values.copy()
    targets = td_targets(np.array([1], dtype=np.int64), [False], next_values, 0.9)
    assert targets.dtype == np.float64
    assert targets[0] == 1 + 0.9 * float(np.float32(0.2))
    np.testing.assert_array_equal(next_values, before)


@pytest.mark.parametrize(
    ("rewards", "terminated", "next_values"),
    [
        ([1, 2], [0], [[1, 2], [3, 4]]),
        ([1, 2], [0, 0], [[1, 2]]),
        ([1, 2], [0, 0], [1, 2]),
        ([[1, 2]], [[0, 0]], [[1, 2]]),
        (1.0, False, [[1, 2]]),
    ],
)
def test_targets_of_wrong_shapes(rewards: Any, terminated: Any, next_values: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        td_targets(rewards, terminated, next_values, 0.9)


# --- Policy signal


@pytest.mark.parametrize(
    ("kind", "signals"),
    [
        ("q", [2.0, -1.0, 5.0]),
        ("advantage_max", [-3.0, -6.0, 0.0]),
        ("advantage_mean", [-0.75, -3.75, 2.25]),  # V = 2/4 − 1/4 + 5/2 is subtracted
    ],
)
def test_policy_signals(kind: str, signals: list[float]) -> None:
    values, probabilities = [2.0, -1.0, 5.0], [0.25, 0.25, 0.5]
    for action, expected in enumerate(signals):
        assert policy_signal(kind, values, probabilities, action) == pytest.approx(expected)
    repeated = np.tile(values, (3, 1)), np.tile(probabilities, (3, 1)), np.array([2, 0, 1])
    in_turn = [signals[2], signals[0], signals[1]]
    assert policy_signals(kind, *repeated).tolist() == pytest.approx(in_turn)


@pytest.mark.parametrize("seed", range(5))
def test_what_the_signals_promise(seed: int) -> None:
    """`advantage_mean` has the mean 0 under π. The largest `advantage_max` is 0."""
    random = np.random.default_rng(seed)
    values, probabilities = random.normal(size=4), random.dirichlet(np.ones(4))

    def signals(kind: str) -> list[float]:
        return [policy_signal(kind, values, probabilities, action) for action in range(4)]

    assert np.dot(probabilities, signals("advantage_mean")) == pytest.approx(0)
    assert max(signals("advantage_max")) == 0 == signals("advantage_max")[values.argmax()]
    for kind in ("advantage_max", "advantage_mean"):
        differences = np.subtract(signals("q"), signals(kind))
        np.testing.assert_allclose(differences, differences[0])


def test_an_unknown_signal() -> None:
    with pytest.raises(ValueError, match="'advantage'"):
        policy_signal("advantage", [1.0, 2.0], [0.5, 0.5], 0)
