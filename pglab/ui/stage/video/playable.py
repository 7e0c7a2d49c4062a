"""The data that a player reads from a run, and the scenes of the run's training steps."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from pglab.looks.fresh_episodes.demonstration import Scene
from pglab.looks.probes import action_probabilities
from pglab.records import Floats
from pglab.session.bench import PlayerMode
from pglab.session.training_session import TrainingSession


class Playable(Protocol):
    """The data that a player needs. They come from a page's run or from one compared agent."""

    running: bool

    @property
    def session(self) -> TrainingSession:
        """The run of the first seed."""

    @property
    def shown_session(self) -> TrainingSession:
        """The run of the shown seed; the player uses the policy of this run."""

    @property
    def player_mode(self) -> PlayerMode:
        """Says which scenes the player shows while the run is paused."""

    @property
    def shows_training_steps(self) -> bool:
        """Whether the player shows the training steps instead of fresh episodes."""


def training_scenes(bench: Playable, since: int | None = None) -> list[Scene]:
    """Return one scene for each training step, and then a scene of the environment's current state.

    If `since` is None, the scenes show the steps of the last episode. Otherwise, the scenes show
    all steps after step `since`. Each scene holds the action probabilities of the current policy.
    """
    session = bench.shown_session
    steps = session.history.steps
    if not len(steps.episode):
        return []
    last = int(steps.episode[-1])
    # For each step, the row of the first known step of the same episode.
    first = np.searchsorted(steps.episode, steps.episode)
    places = np.arange(len(first)) - first
    chosen = steps.episode == last if since is None else steps.global_step > since
    observations: Floats = np.vstack([steps.observation[chosen], steps.next_observation[-1:]])
    probabilities = action_probabilities(session.networks["policy"], observations)
    columns = (steps.episode, places, steps.action, steps.reward)
    rows = zip(*(column[chosen].tolist() for column in columns), strict=True)
    scenes = [
        Scene(episode, place, observations[n], probabilities[n], action, reward, ended=False)
        for n, (episode, place, action, reward) in enumerate(rows)
    ]
    stands = (int(places[-1]) + 1, observations[-1], probabilities[-1])
    return [*scenes, Scene(last, *stands, None, 0.0, bool(steps.ended[-1]))]
