"""Fresh episodes that evaluate a policy and its critic without changing the training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.acting import sample_action
from pglab.environments import make_environment
from pglab.looks.probes import action_probabilities, action_values
from pglab.records import Floats
from pglab.returns import discounted_returns

NEGLIGIBLE = 0.1  # a truncated return counts if at most this share of it is missing


@dataclass(frozen=True)
class PlayedEpisode:
    """One episode; `truncated` is true if the time limit ended it."""

    observations: Floats  # [T, D]
    actions: NDArray[np.int64]  # [T]
    rewards: Floats  # [T]
    truncated: bool

    @property
    def total(self) -> float:
        """The undiscounted return."""
        return float(self.rewards.sum())


def play(
    policy: nn.Module, env_id: str, episodes: int, seed: int, *, greedy: bool
) -> list[PlayedEpisode]:
    """Play whole episodes; if `greedy`, take the likeliest action, otherwise sample the action.

    The random streams are derived from the seed. They are independent of the streams of training
    and demonstration.

    Raises:
        ConfigError: the environment cannot be used.
    """
    starts, actions = np.random.SeedSequence([seed, 2]).spawn(2)
    generator = np.random.default_rng(actions)
    environment = make_environment(env_id)
    played = []
    for start in starts.generate_state(episodes):
        observation, _info = environment.reset(seed=int(start))
        seen, taken, paid = [], [], []
        terminated = truncated = False
        while not (terminated or truncated):
            probabilities = action_probabilities(policy, observation[None])[0]
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
    """The errors Q − G of a critic's estimates; G is the discounted return that followed.

    `bias` is the mean of Q − G, and `spread` is its root mean square. `low` is the mean of Q − G
    over the third of the steps with the smallest Q, and `high` is the mean over the third with the
    largest Q. All four are in units of return.
    """

    bias: float
    spread: float
    low: float
    high: float


def calibration(estimates: Floats, returns: Floats) -> Calibration:
    """Measure the errors of a critic: over all steps, and separately for small and large Q.

    The steps are grouped by Q, not by G. A single return is partly luck: even an exact critic is
    above the returns that turned out small, and below the returns that turned out large.

    Args:
        estimates: [N] Q(s,a), N ≥ 1.
        returns: [N] discounted returns G that followed.
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
    """Q(s,a) and the discounted return that followed, for all steps with a known return: [N] each.

    A truncated episode shows only part of each return. With equal rewards and k steps left, the
    missing part is at most γᵏ of an endless return; a step counts if γᵏ ≤ 0.1.
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
