"""The records of the steps, episodes and updates of a run.

A record contains numbers and NumPy arrays, but no reference to the run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class StepRecord(NamedTuple):
    """One environment step.

    `global_step` counts the steps of the run from 1. `episode` counts the episodes of the run from
    1. The agent chose `action` after it saw `observation`. `next_observation` is the observation
    after the action. Even if the episode ended, `next_observation` belongs to the same episode.
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
        """Return the record itself. Records never change, so copies of a run can share records."""
        return self

    @property
    def ended(self) -> bool:
        """True if the episode ended at this step, by termination or by truncation."""
        return self.terminated or self.truncated


class EpisodeRecord(NamedTuple):
    """One finished episode.

    `episode_return` is the undiscounted sum of the rewards, and `length` is the number of steps.
    `reading` is the seminar's measure of progress after this episode, or None if the episode does
    not count for this measure.
    """

    global_step: int
    episode: int
    episode_return: float
    length: int
    truncated: bool
    reading: float | None
    solved: bool


class CriticBatch(NamedTuple):
    """The batch from which the action-value critic learned in its last gradient step.

    `estimates` Q(s,a) and `targets` y were computed before the critic's gradient step. `ages` are
    the ages of the transitions: the numbers of environment steps since these transitions were
    collected.
    """

    estimates: Floats  # [B]
    targets: Floats  # [B]
    ages: NDArray[np.int64]  # [B]


class Conflict(NamedTuple):
    """A comparison of the actor's gradient and the critic's gradient on the shared layers.

    `cosine` is the cosine of the angle between the two gradients. If `cosine` is negative, a small
    gradient step of the shared layers on one loss raises the other loss. If one of the gradients is
    zero, `cosine` is NaN. `actor_norm` and `critic_norm` are the Euclidean norms of the two
    gradients.
    """

    cosine: float
    actor_norm: float
    critic_norm: float


class UpdateRecord(NamedTuple):
    """One update of the networks, with the batch from which the actor learned.

    `weights` are the wₜ, which multiply log π in the actor's loss. Each loss was computed before
    the gradient step on this loss. `entropy` is the policy's entropy in nats, before the actor's
    gradient step. Gradient norms are Euclidean. If the algorithm does not compute a field, the
    field is None. For example, an actor-critic does not compute `returns`. If only the critic
    learns, `actor_loss` is None.
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
