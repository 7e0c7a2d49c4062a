"""Fresh episodes on demand, to judge a policy and its critic without touching the training."""

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

NEGLIGIBLE = 0.1  # share of a return that may be missing where the time limit cut it


@dataclass(frozen=True)
class PlayedEpisode:
    """One episode; `truncated` where the time limit ended it."""

    observations: Floats  # [T, D]
    actions: NDArray[np.int64]  # [T]
    rewards: Floats  # [T]
    truncated: bool

    @property
    def total(self) -> float:
        """Undiscounted return."""
        return float(self.rewards.sum())


def play(
    policy: nn.Module, env_id: str, episodes: int, seed: int, *, greedy: bool
) -> list[PlayedEpisode]:
    """Whole episodes of the policy as it stands, sampled or always its likeliest action.

    The streams are derived from the seed, apart from those of training and demonstration.

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
    """How far a critic's estimates are from the returns that followed, in units of return.

    `bias` is the mean of Q − G, `spread` the root of the mean square of Q − G. `low` and `high`
    are the mean of Q − G over the third of the steps with the smallest and the largest Q.
    """

    bias: float
    spread: float
    low: float
    high: float


def calibration(estimates: Floats, returns: Floats) -> Calibration:
    """Where a critic errs, by what it expects.

    Grouped by Q, not by G: a single return is partly luck, so even an exact critic is above the
    returns that turned out small and below those that turned out large.

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
    """Q(s,a) and the discounted return that followed, for the steps where it is known: [N], [N].

    A truncated episode shows only part of the return: its steps count where the missing part
    could be no more than a tenth of a return that goes on for ever, γᵏ ≤ 0.1.
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
