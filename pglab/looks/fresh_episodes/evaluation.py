"""Plays new episodes that evaluate a policy and its critic, without any effect on training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.run import sample_action
from pglab.environments import make_environment
from pglab.looks.forward import policy_of_one
from pglab.looks.probes import action_values
from pglab.records import Floats
from pglab.returns import discounted_returns

NEGLIGIBLE = 0.1  # largest share of a return that may be missing after a truncation


@dataclass(frozen=True)
class PlayedEpisode:
    """One episode; `truncated` is true if the time limit ended the episode."""

    observations: Floats  # [T, D]
    actions: NDArray[np.int64]  # [T]
    rewards: Floats  # [T]
    truncated: bool

    @property
    def total(self) -> float:
        """The undiscounted return of the episode."""
        return float(self.rewards.sum())


def play(
    policy: nn.Module, env_id: str, episodes: int, seed: int, *, greedy: bool
) -> list[PlayedEpisode]:
    """Play whole episodes with sampled actions.

    If `greedy` is true, the most probable action is always taken. Even with the same seed, training
    and demonstrations use other random numbers.

    Raises:
        ConfigError: the environment cannot be used.
    """
    starts, actions = np.random.SeedSequence([seed, 2]).spawn(2)
    generator = np.random.default_rng(actions)
    environment = make_environment(env_id)
    probabilities_at = policy_of_one(policy)
    played = []
    for start in starts.generate_state(episodes):
        observation, _info = environment.reset(seed=int(start))
        seen, taken, paid = [], [], []
        terminated = truncated = False
        while not (terminated or truncated):
            probabilities = probabilities_at(observation)
            action = int(probabilities.argmax())
            if not greedy:
                action = sample_action(probabilities, generator)
            seen.append(observation)
            taken.append(action)
            observation, reward, terminated, truncated, _info = environment.step(action)
            paid.append(float(reward))
        played.append(
            PlayedEpisode(np.stack(seen), np.array(taken), np.array(paid), not terminated)
        )
    environment.close()
    return played


@dataclass(frozen=True)
class Calibration:
    """Statistics of a critic's errors Q − G; G is the discounted return after the action.

    `bias` is the mean of Q − G, and `spread` is the root mean square of Q − G. `low` is the mean of
    Q − G over the third of the steps with the smallest Q. `high` is the mean of Q − G over the
    third of the steps with the largest Q. All four numbers have the unit of the return.
    """

    bias: float
    spread: float
    low: float
    high: float


def calibration(estimates: Floats, returns: Floats) -> Calibration:
    """Measure a critic's errors: over all steps, and separately for small and for large Q.

    The steps are grouped by Q, not by G, because a single return G is partly luck. Even an exact
    critic overestimates the returns that happen to be small, and underestimates the returns that
    happen to be large.

    Args:
        estimates: [N] Q(s,a), N ≥ 1.
        returns: [N] discounted returns G after the actions.
    """
    errors = np.asarray(estimates, np.float64) - returns
    order = np.argsort(estimates, kind="stable")
    third = max(1, len(order) // 3)
    return Calibration(
        bias=float(errors.mean()),
        spread=float(np.sqrt((errors**2).mean())),
        low=float(errors[order[:third]].mean()),
        high=float(errors[order[-third:]].mean()),
    )


def critic_truth(
    critic: nn.Module, episodes: Sequence[PlayedEpisode], gamma: float
) -> tuple[Floats, Floats]:
    """Q(s,a) and the discounted return G after the action, for all N steps with known G: [N] each.

    If an episode is truncated, the rewards after its end are unknown. A step of such an episode has
    a known G only if γᵏ ≤ 0.1, where k is the number of rewards from this step to the end. If all
    rewards are equal, the unknown rewards then make up at most 10 % of G.
    """
    estimates, returns = [], []
    for episode in episodes:
        length = len(episode.rewards)
        ahead = length - np.arange(length)
        known = gamma**ahead <= NEGLIGIBLE if episode.truncated else np.ones(length, np.bool_)
        values = action_values(critic, episode.observations)
        followed = discounted_returns(episode.rewards, np.zeros(length, np.bool_), gamma)
        estimates.append(values[np.arange(length), episode.actions][known])
        returns.append(followed[known])
    return np.concatenate(estimates), np.concatenate(returns)
