"""Plays the episode that a clip shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.language import _
from pglab.library.contents import RunContents
from pglab.library.state.run import policy_of
from pglab.library.state.taking import StateError
from pglab.looks.fresh_episodes.demonstration import Demonstration, Scene


@dataclass(frozen=True)
class Replay:
    """One episode of T steps, played by a run's policy."""

    env_id: str
    updates: int  # of the policy, before the episode
    scenes: tuple[Scene, ...]  # [T + 1]; the last one shows the final observation

    @property
    def info(self) -> EnvironmentInfo:
        """Facts about the environment, such as its actions."""
        return ENVIRONMENTS[self.env_id]

    @property
    def returns(self) -> list[float]:
        """For each scene, the sum of the rewards before the scene's action: [T + 1]."""
        return list(accumulate((scene.reward for scene in self.scenes[:-1]), initial=0.0))


def replay(contents: RunContents, *, seed: int) -> Replay:
    """Play a new episode of the run's policy, with actions sampled from π.

    The episode has its own environment and random stream, so the run does not change. The same seed
    gives the same episode.

    Args:
        contents: the run whose policy chooses the actions.
        seed: the seed of the episode; it must not be negative.

    Raises:
        ConfigError: the environment cannot be used.
        StateError: the run is damaged, or a probability of its policy is not a number.
    """
    env_id, policy = contents.config.env_id, policy_of(contents)
    demonstration = Demonstration(env_id, seed)
    scenes: list[Scene] = []
    while not (scenes and scenes[-1].ended):
        scenes += demonstration.scenes(policy, 1)
        if not np.isfinite(scenes[-1].probabilities).all():
            raise StateError(
                _("The run has diverged: its policy gives no probabilities. It plays no episode.")
            )
    return Replay(env_id, contents.updates.appended, tuple(scenes))
