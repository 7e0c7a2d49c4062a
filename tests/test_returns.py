"""Returns against hand-worked numbers and against their definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pglab.returns import discounted_returns, normalized, whole_episode_returns
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
        ([-1, 3, 5], [1, 1, 1], 0.9, [-1, 3, 5], [-1, 3, 5]),  # of one step each
        ([1, 1, 2], [1, 0, 0], 0.5, [1, 2, 2], [1, 2, 2]),  # the last one still going on
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
    # Mean 3; deviations −2, −1, 0, 3; variance 14/4 (with T, not T − 1, below the sum).
    np.testing.assert_allclose(result, np.array([-2, -1, 0, 3]) / np.sqrt(3.5), rtol=1e-12)
    np.testing.assert_array_equal(weights, [1, 2, 3, 6])


@pytest.mark.parametrize("batch", [[], [5.0], [5.0] * 4, [0.1 + 0.2, 0.3], [499.9] * 7])
def test_normalized_without_variation_is_zero(batch: list[float]) -> None:
    np.testing.assert_array_equal(normalized(np.array(batch)), np.zeros(len(batch)))
