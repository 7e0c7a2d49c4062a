"""Records that training yields: plain numbers and NumPy arrays, without reference to the run."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class StepRecord(NamedTuple):
    """One environment step.

    `global_step` counts the steps of the whole run from 1, `episode` the episodes from 1. The
    action was chosen for `observation`. `next_observation` is the environment's true answer, even
    if the episode ended with this step.
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
        """The record itself: nothing changes it, so copies of a run can share it."""
        return self

    @property
    def ended(self) -> bool:
        """True if the episode ended with this step, terminated or truncated."""
        return self.terminated or self.truncated


class EpisodeRecord(NamedTuple):
    """One finished episode.

    `episode_return` is the undiscounted sum of its rewards, `length` its number of steps.
    `reading` is the seminar's progress reading if this episode counted for it, else None.
    """

    global_step: int
    episode: int
    episode_return: float
    length: int
    truncated: bool
    reading: float | None
    solved: bool


class CriticBatch(NamedTuple):
    """The batch of an action-value critic's last gradient step.

    `estimates` Q(s,a) and `targets` y are those before the step. `ages` counts the environment
    steps since each transition was collected.
    """

    estimates: Floats  # [B]
    targets: Floats  # [B]
    ages: NDArray[np.int64]  # [B]


class Conflict(NamedTuple):
    """How the actor's and the critic's gradients compare on the layers that they share.

    `cosine` is that of the angle between them. If it is negative, a small step that lowers one
    loss on these layers raises the other. It is NaN if a gradient is zero. Norms are Euclidean.
    """

    cosine: float
    actor_norm: float
    critic_norm: float


class UpdateRecord(NamedTuple):
    """One update of the networks, with the batch that the actor learned from.

    `weights` are the wₜ, the factors of ∇log π in the loss. Losses and entropy (in nats) are those
    before the update. Gradient norms are Euclidean. A field is None if the algorithm has no such
    quantity: `returns` with an action-value critic, `actor_loss` if only the critic learns.
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
