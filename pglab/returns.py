"""Functions that compute returns, TD targets and policy-gradient weights wₜ from arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def discounted_returns(rewards: ArrayLike, episode_ends: ArrayLike, gamma: float) -> Array:
    """Reward-to-go of every step: Gₜ = rₜ + γ·Gₜ₊₁, and Gₜ = rₜ at the last step of an episode.

    The returns of an episode never include rewards of the next episode in the batch. The seminar's
    code is different: the returns of a truncated episode also include rewards of the next episode.

    Args:
        rewards: [T] reward of each step.
        episode_ends: [T] True at the last step of a terminated or truncated episode.
        gamma: discount factor γ in [0, 1].

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
    """The discounted return G₀ of the whole episode, repeated for each step of the episode.

    G₀ also includes the rewards before an action, which do not depend on this action. So these
    earlier rewards add variance to the gradient of the action, but no information. Arguments,
    shapes and errors are the same as for `discounted_returns`.

    Source: Sutton & Barto (2018), section 13.2; Williams (1992).
    """
    _, ends = _same_length(rewards, episode_ends)
    returns = discounted_returns(rewards, episode_ends, gamma)
    first = np.concatenate([[True], ends[:-1]])[: len(ends)]
    episode = np.cumsum(first) - 1
    whole: Array = returns[first][episode]
    return whole


def td_targets(
    rewards: ArrayLike, terminated: ArrayLike, next_values: ArrayLike, gamma: float
) -> Array:
    """TD targets of Q(s,a): y = r + γ·(1 − d)·max_b Q(s′,b).

    Only termination (d = 1) removes the bootstrap term γ·max_b Q(s′,b). Truncation does not remove
    the bootstrap term, because the episode would have continued from s′ (Pardo et al. 2018).

    Args:
        rewards: [B] reward of each step.
        terminated: [B] d of each step. It is True only if the episode terminated at this step.
        next_values: [B, A] Q(s′,·) of the next observations.
        gamma: discount factor γ in [0, 1].

    Returns:
        [B] targets (float64).

    Raises:
        ValueError: the shapes of the arrays do not fit together.

    Source: Watkins & Dayan (1992); Sutton & Barto (2018), eq. 6.8.
    """
    r, d = _same_length(rewards, terminated)
    q = np.asarray(next_values, dtype=np.float64)
    if q.ndim != 2 or len(q) != len(r):
        raise ValueError(f"next_values must be [{len(r)}, A], not {q.shape}")
    targets: Array = r + gamma * np.where(d, 0.0, q.max(axis=1))
    return targets


def policy_signal(
    kind: str, action_values: ArrayLike, probabilities: ArrayLike, action: int
) -> float:
    """The weight wₜ of one action, computed from the critic's action values.

    With `q`, the weight is Q(s,a). With `advantage_mean`, the weight is the textbooks' advantage:
    Q(s,a) − Σ_b π(b|s)·Q(s,b). With `advantage_max`, the weight is Q(s,a) − max_b Q(s,b), as in the
    seminar. The weight of `advantage_max` is never positive: the action with the largest Q gets
    weight 0, and all actions with a smaller Q get negative weights.

    Args:
        kind: `q`, `advantage_max` or `advantage_mean`.
        action_values: [A] Q(s,·).
        probabilities: [A] π(·|s).
        action: the action taken.

    Raises:
        ValueError: `kind` is not one of these three names.

    Source: Sutton et al. (1999) for `q` and `advantage_mean`.
    """
    q = np.asarray(action_values, dtype=np.float64)
    match kind:
        case "q":
            baseline = 0.0
        case "advantage_max":
            baseline = float(q.max())
        case "advantage_mean":
            baseline = float(np.dot(probabilities, q))
        case _:
            raise ValueError(f"there is no policy signal {kind!r}")
    return float(q[action]) - baseline


def policy_signals(
    kind: str,
    action_values: NDArray[np.floating],
    probabilities: NDArray[np.floating],
    actions: NDArray[np.integer],
) -> Array:
    """The weights wₜ of T steps. Each weight is the same as with `policy_signal`.

    `action_values` and `probabilities` have shape [T, A]. `actions` and the result have shape [T].

    Raises:
        ValueError: `kind` is not the name of a policy signal.
    """
    q = np.asarray(action_values, dtype=np.float64)
    match kind:
        case "q":
            baselines = np.zeros(len(q))
        case "advantage_max":
            baselines = q.max(axis=1)
        case "advantage_mean":
            baselines = (probabilities * q).sum(axis=1)
        case _:
            raise ValueError(f"there is no policy signal {kind!r}")
    return np.asarray(q[np.arange(len(q)), actions] - baselines)


def normalized(weights: Array) -> Array:
    """Shift and scale weights to mean 0 and standard deviation 1: [T] → [T].

    If all weights are equal, they become 0.
    """
    if len(weights) == 0:
        return weights
    spread = weights.std()
    centred = weights - weights.mean()
    # If all weights are equal, rounding errors give a standard deviation of about 1e-16. The
    # division must not enlarge these rounding errors.
    return centred / spread if spread > 1e-8 else np.zeros_like(weights)


def _same_length(rewards: ArrayLike, episode_ends: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    r = np.asarray(rewards, dtype=np.float64)
    ends = np.asarray(episode_ends, dtype=bool)
    if r.ndim != 1 or r.shape != ends.shape:
        raise ValueError(
            f"rewards and episode_ends must be [T] with the same T, not {r.shape} and {ends.shape}"
        )
    return r, ends
