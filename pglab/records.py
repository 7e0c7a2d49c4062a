"""Records that training yields: plain numbers and NumPy arrays, without references to the run."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class StepRecord(NamedTuple):
    """One environment step.

    `global_step` is the number of the step in the whole run, `episode` the number of its episode.
    The first step and the first episode have number 1. The action was chosen for `observation`.
    `next_observation` is the true next observation, even if the episode ended with this step.
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
        """Return the record itself: nothing changes a record, so copies of a run can share it."""
        return self

    @property
    def ended(self) -> bool:
        """True if the episode ended with this step, terminated or truncated."""
        return self.terminated or self.truncated


class EpisodeRecord(NamedTuple):
    """One finished episode.

    `episode_return` is the undiscounted sum of the rewards, `length` the number of steps.
    `reading` is the seminar's progress reading, or None if this episode did not count for it.
    """

    global_step: int
    episode: int
    episode_return: float
    length: int
    truncated: bool
    reading: float | None
    solved: bool


class CriticBatch(NamedTuple):
    """The batch on which an action-value critic took its last gradient step.

    `estimates` are Q(s,a) and `targets` are y, both computed before the step. `ages` are the
    numbers of environment steps since the transitions were collected.
    """

    estimates: Floats  # [B]
    targets: Floats  # [B]
    ages: NDArray[np.int64]  # [B]


class Conflict(NamedTuple):
    """How the actor's and the critic's gradients compare on the layers that they share.

    `cosine` is the cosine of the angle between the two gradients. If it is negative, a small step
    on these layers down one gradient raises the other loss. It is NaN if a gradient is zero. The
    norms are Euclidean.
    """

    cosine: float
    actor_norm: float
    critic_norm: float


class UpdateRecord(NamedTuple):
    """One update of the networks, with the batch that the actor learned from.

    `weights` are the wₜ, the factors of ∇log π in the loss. Losses and entropy (in nats) were
    computed before the update. Gradient norms are Euclidean. A field is None if the algorithm has
    no such quantity: `returns` with an action-value critic, `actor_loss` if only the critic learns.
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
