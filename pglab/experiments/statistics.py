"""Statistics of a run. A statistic is one number that is computed from the recorded arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pglab.language import N_
from pglab.session.training_session import TrainingSession

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class RecordedRun:
    """One run: its number of environment steps, and arrays that describe its episodes and updates.

    An array of shape [E] has one entry for each episode, in order. An array of shape [U] has one
    entry for each update, in order.
    """

    steps: int
    episode_steps: Numbers  # [E] environment step at the end of each episode
    returns: Numbers  # [E] return of each episode
    update_steps: Numbers  # [U] environment step of each update
    entropies: Numbers  # [U] entropy of the policy, in nats
    gradient_norms: Numbers  # [U] norm of the actor's gradient
    td_errors: Numbers  # [U] mean |y − Q(s,a)|; NaN without a critic
    losses: Numbers  # [U] loss of the actor


def recorded(session: TrainingSession) -> RecordedRun:
    """The episodes and updates that the history of a training session still contains."""
    episodes, updates = session.history.episodes, session.history.updates
    return RecordedRun(
        session.global_step,
        episodes["global_step"],
        episodes["episode_return"],
        updates["global_step"],
        updates["entropy"],
        updates["actor_gradient_norm"],
        updates["td_error"],
        updates["actor_loss"],
    )


def late_return(run: RecordedRun) -> float:
    """The mean return of the episodes that ended in the last third of the run."""
    return mean(run.returns[in_last_third(run, run.episode_steps)])


def late_entropy(run: RecordedRun) -> float:
    """The policy's mean entropy over all updates in the last third of the run."""
    return mean(run.entropies[in_last_third(run, run.update_steps)])


def late_gradient_norm(run: RecordedRun) -> float:
    """The mean norm of the actor's gradient over all updates in the last third of the run."""
    return mean(run.gradient_norms[in_last_third(run, run.update_steps)])


def late_td_error(run: RecordedRun) -> float:
    """The mean TD error |y − Q(s,a)| over all updates in the last third of the run."""
    return mean(run.td_errors[in_last_third(run, run.update_steps)])


def late_loss(run: RecordedRun) -> float:
    """The actor's mean loss over all updates in the last third of the run."""
    return mean(run.losses[in_last_third(run, run.update_steps)])


def update_count(run: RecordedRun) -> float:
    """The number of updates in the run."""
    return float(len(run.update_steps))


def in_last_third(run: RecordedRun, steps: Numbers) -> NDArray[np.bool_]:
    """Whether each given step lies in the last third of the run: [steps]."""
    late: NDArray[np.bool_] = 3 * steps > 2 * run.steps
    return late


def mean(values: Numbers) -> float:
    """The mean of all values except NaN. The result is NaN if all values are NaN."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def window_means(run: RecordedRun, total_steps: int, windows: int) -> Numbers:
    """The mean return in each of several windows of equal length in a run: [windows].

    An episode counts in the window in which it ended. The mean of a window without episodes is NaN.
    """
    place = ((run.episode_steps - 1) * windows / total_steps).astype(int)
    return np.array([mean(run.returns[place == window]) for window in range(windows)])


@dataclass(frozen=True)
class Statistic:
    """A statistic of a run: its name, its function, and the number of decimals that are shown."""

    name: str  # for use inside a sentence
    of: Callable[[RecordedRun], float]
    digits: int = 0


STATISTICS = {
    "late_return": Statistic(N_("mean return in the run's last third"), late_return, digits=1),
    "late_entropy": Statistic(N_("entropy in the run's last third"), late_entropy, digits=2),
    "late_gradient_norm": Statistic(
        N_("norm of the actor's gradient in the run's last third"), late_gradient_norm, digits=2
    ),
    "late_td_error": Statistic(N_("TD error in the run's last third"), late_td_error, digits=2),
    "late_loss": Statistic(N_("actor's loss in the run's last third"), late_loss, digits=2),
    "updates": Statistic(N_("number of updates"), update_count),
}
