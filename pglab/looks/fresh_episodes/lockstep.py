"""Plays many new episodes in parallel; one forward pass gives all actions of a time step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.environments import Environment, make_environment, time_limit_of
from pglab.looks.fresh_episodes.evaluation import PlayedEpisode
from pglab.looks.probes import action_probabilities
from pglab.records import Floats


@dataclass
class _Game:
    """An episode that is being played."""

    environment: Environment
    observation: Floats
    seen: list[Floats] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    paid: list[float] = field(default_factory=list)
    terminated: bool = False
    over: bool = False

    def step(self, action: int) -> None:
        self.seen.append(self.observation)
        self.taken.append(action)
        self.observation, reward, self.terminated, truncated, _info = self.environment.step(action)
        self.paid.append(float(reward))
        self.over = self.terminated or truncated

    def played(self) -> PlayedEpisode:
        return PlayedEpisode(
            np.stack(self.seen), np.array(self.taken), np.array(self.paid), not self.terminated
        )


def draw_episodes(
    policy: nn.Module, env_id: str, count: int, seed: int, pool: int = 0
) -> Generator[float, None, list[PlayedEpisode]]:
    """Play whole episodes with sampled actions. After each step, yield the share of work done.

    The episodes depend only on the arguments. Training, demonstrations and evaluation use other
    random streams, even with the same seed.

    Args:
        policy: gives the log-probabilities of all actions: [N, D] → [N, A].
        env_id: an environment that `make_environment` can make.
        count: number of episodes.
        seed: seed of the random streams; not negative.
        pool: not negative; episodes with different values of `pool` are independent.

    Raises:
        ConfigError: the environment cannot be used.
    """
    starts, actions = np.random.SeedSequence([seed, 3, pool]).spawn(2)
    generator = np.random.default_rng(actions)
    games: list[_Game] = []
    try:
        for start in starts.generate_state(count):
            environment = make_environment(env_id)
            games.append(_Game(environment, environment.reset(seed=int(start))[0]))
            yield 0.0
        playing, length = games, 0
        while playing:
            observations = np.stack([game.observation for game in playing])
            probabilities = action_probabilities(policy, observations)
            chosen = sample_actions(probabilities, generator.random(len(playing)))
            for game, action in zip(playing, chosen.tolist(), strict=True):
                game.step(action)
            playing, length = [game for game in playing if not game.over], length + 1
            yield _share_done(games, len(playing), length)
    finally:  # this code also runs if the caller closes the generator early
        for game in games:
            game.environment.close()
    return [game.played() for game in games]


def sample_actions(
    probabilities: NDArray[np.floating], draws: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Sample one action from each row of `probabilities`: [N, A] → [N].

    Args:
        probabilities: [N, A].
        draws: [N] random numbers from the uniform distribution on [0, 1).
    """
    actions = (np.cumsum(probabilities, axis=1) <= draws[:, None]).sum(axis=1)
    most = probabilities.shape[1] - 1  # rounding can make the whole sum smaller than the draw
    chosen: NDArray[np.int64] = np.minimum(actions, most)
    return chosen


def _share_done(games: list[_Game], playing: int, length: int) -> float:
    """The share of the work that is done, from 0 to 1.

    The result is the larger of two shares: the share of the episodes that have ended, and the share
    of the time limit that has passed.
    """
    limit = time_limit_of(games[0].environment)
    return max(1 - playing / len(games), length / limit if limit else 0.0)
