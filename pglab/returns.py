"""Returns of a batch: pure functions of its rewards."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def discounted_returns(rewards: ArrayLike, episode_ends: ArrayLike, gamma: float) -> Array:
    """Reward-to-go of every step: Gₜ = rₜ + γ·Gₜ₊₁, starting anew after each episode's last step.

    The seminar starts anew only where an episode *terminated*. With several episodes in a batch
    that leaks the return of the next episode into one that was truncated, so `episode_ends` here
    means terminated or truncated.

    Args:
        rewards: [T] reward of each step.
        episode_ends: [T] true at the last step of an episode, terminated or truncated.
        gamma: discount in [0, 1].

    Returns:
        [T] discounted returns (float64).

    Raises:
        ValueError: the two arrays differ in shape or are not one-dimensional.

    Source: Sutton & Barto (2018), eq. 3.9 and section 13.3.
    """
    r, ends = _same_length(rewards, episode_ends)
    returns = np.empty_like(r)
    G = 0.0  # noqa: N806 (the formula's symbol)
    for t in range(len(r) - 1, -1, -1):
        G = r[t] + gamma * (0.0 if ends[t] else G)  # noqa: N806
        returns[t] = G
    return returns


def whole_episode_returns(rewards: ArrayLike, episode_ends: ArrayLike, gamma: float) -> Array:
    """The discounted return of the whole episode, G₀, at each of its steps.

    Shapes, units and errors as `discounted_returns`. It credits an action also for the rewards
    that came before it, which adds variance and no information.

    Source: Sutton & Barto (2018), section 13.2; Williams (1992).
    """
    _, ends = _same_length(rewards, episode_ends)
    returns = discounted_returns(rewards, episode_ends, gamma)
    first = np.concatenate([[True], ends[:-1]])[: len(ends)]
    episode = np.cumsum(first) - 1
    whole: Array = returns[first][episode]
    return whole


def normalized(weights: Array) -> Array:
    """Weights with mean 0 and standard deviation 1; all zero where they do not vary. [T] → [T]."""
    if len(weights) == 0:
        return weights
    spread = weights.std()
    centred = weights - weights.mean()
    # Rounding leaves a spread of about 1e-16 in a constant batch: noise must not be blown up.
    return centred / spread if spread > 1e-8 else np.zeros_like(weights)


def _same_length(rewards: ArrayLike, episode_ends: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    r = np.asarray(rewards, dtype=np.float64)
    ends = np.asarray(episode_ends, dtype=bool)
    if r.ndim != 1 or r.shape != ends.shape:
        raise ValueError(
            f"rewards and episode_ends must be [T] alike, not {r.shape} and {ends.shape}"
        )
    return r, ends
