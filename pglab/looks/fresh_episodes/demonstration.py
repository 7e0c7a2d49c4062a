"""Plays new episodes for the video on a page, even while the policy is being trained.

A demonstration has its own environment and random streams, so it never changes the training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.run import sample_action
from pglab.environments import make_environment
from pglab.looks.forward import policy_of_one
from pglab.records import Floats


@dataclass(frozen=True)
class Scene:
    """One time step of a demonstration.

    The policy chose `action` for `observation`, and `reward` is the reward of this action. The last
    scene of an episode shows the final observation. The last scene has no action, and `ended` is
    true. If the time limit ended the episode, `truncated` of the last scene is true too.
    """

    episode: int
    step: int
    observation: Floats  # [D]
    probabilities: Floats  # [A]
    action: int | None
    reward: float
    ended: bool
    truncated: bool = False


class Demonstration:
    """Plays one new episode after another. The caller passes the policy at each call."""

    def __init__(self, env_id: str, seed: int) -> None:
        """Begin the first episode.

        The first observation of each episode depends only on the seed.

        Raises:
            ConfigError: the environment cannot be used.
        """
        # Training makes its random streams from the seed without the 1, so that the random streams
        # of training and of demonstrations are independent.
        environment, actions = np.random.SeedSequence([seed, 1]).spawn(2)
        self._environment = make_environment(env_id)
        self._actions = np.random.default_rng(actions)
        self._episode = 0
        self._step = 0
        self._over = self._ended = self._truncated = False
        self._observation: Floats = self._reset(seed=int(environment.generate_state(1)[0]))

    def scenes(self, policy: nn.Module, count: int) -> list[Scene]:
        """Play the next `count` scenes; after the end of an episode, the next episode begins."""
        probabilities_at = policy_of_one(policy)
        return [self._next(probabilities_at) for _ in range(count)]

    def episode(self, policy: nn.Module, most_scenes: int) -> list[Scene]:
        """Play a new episode until it ends or has `most_scenes` scenes."""
        self._observation = self._reset()
        probabilities_at = policy_of_one(policy)
        scenes = [self._next(probabilities_at)]
        while scenes[-1].action is not None and len(scenes) < most_scenes:
            scenes.append(self._next(probabilities_at))
        return scenes

    def _next(self, probabilities_at: Callable[[Floats], NDArray[np.float32]]) -> Scene:
        if self._ended:
            self._observation = self._reset()
        probabilities = probabilities_at(self._observation)
        number = (self._episode, self._step)
        observation = self._observation
        if self._over:
            self._ended = True
            ending = {"ended": True, "truncated": self._truncated}
            return Scene(*number, observation, probabilities, None, 0.0, **ending)
        action = sample_action(probabilities, self._actions)
        self._observation, reward, terminated, truncated, _ = self._environment.step(action)
        self._over = terminated or truncated
        self._truncated = truncated and not terminated
        self._step += 1
        return Scene(*number, observation, probabilities, action, float(reward), ended=False)

    def _reset(self, seed: int | None = None) -> Floats:
        self._over = self._ended = False
        self._episode += 1
        self._step = 0
        observation: Floats = self._environment.reset(seed=seed)[0]
        return observation
