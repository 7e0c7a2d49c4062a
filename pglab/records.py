"""What a training generator yields: plain numbers and NumPy arrays, no reference to the run."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class StepRecord(NamedTuple):
    """One environment step.

    `global_step` counts from 1 over the whole run, `episode` from 1. `observation` is what the
    action was chosen for, `next_observation` the true answer of the environment, also where the
    episode ended with it.
    """

    global_step: int
    episode: int
    observation: Floats  # [D]
    action: int
    action_probabilities: Floats  # [A]
    log_prob: float
    reward: float
    terminated: bool
    truncated: bool
    next_observation: Floats  # [D]

    def __deepcopy__(self, memo: dict[int, Any]) -> StepRecord:
        """Itself, since nothing changes a record: copies of a run share those it has stored."""
        return self

    @property
    def ended(self) -> bool:
        """Whether the episode ended with this step, either way."""
        return self.terminated or self.truncated


class EpisodeRecord(NamedTuple):
    """One finished episode.

    `episode_return` is the undiscounted sum of its rewards and `length` its number of steps.
    `reading` is the seminar's progress reading where this episode counted for it, else None.
    """

    global_step: int
    episode: int
    episode_return: float
    length: int
    truncated: bool
    reading: float | None
    solved: bool


class CriticBatch(NamedTuple):
    """What an action-value critic learned from in the last of its gradient steps.

    `estimates` Q(s,a) and `targets` y are those before the step; `ages` counts the environment
    steps since each transition was collected.
    """

    estimates: Floats  # [B]
    targets: Floats  # [B]
    ages: NDArray[np.int64]  # [B]


class Conflict(NamedTuple):
    """The actor's and the critic's gradients on the layers that they share.

    `cosine` of the angle between them: below 0 each undoes part of what the other wants. It is
    NaN where one of them is zero.
    """

    cosine: float
    actor_norm: float
    critic_norm: float


class UpdateRecord(NamedTuple):
    """One update of the networks, with the batch that the actor learned from.

    `weights` are the factors of ∇log π in the policy gradient. Losses and entropy are those
    before the update, the entropy in nats; gradient norms are Euclidean. What an algorithm does
    not have is None: returns where there is an action-value critic, the actor's loss where only
    the critic learns.
    """

    global_step: int
    update: int
    actor_loss: float | None
    critic_loss: float | None
    entropy: float
    actor_gradient_norm: float | None
    critic_gradient_norm: float | None
    actions: NDArray[np.int64]  # [T]
    returns: Floats | None  # [T]
    weights: Floats  # [T]
    episode_ends: NDArray[np.bool_]  # [T]
    critic: CriticBatch | None = None
    conflict: Conflict | None = None


Record = StepRecord | EpisodeRecord | UpdateRecord
