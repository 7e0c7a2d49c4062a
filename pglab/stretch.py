"""The data of a stretch (a part of a run), as arrays with one row for each record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pglab.records import (
    Conflict,
    CriticBatch,
    EpisodeRecord,
    Floats,
    Record,
    StepRecord,
    UpdateRecord,
)


class StepColumns(NamedTuple):
    """One row for each environment step, with the fields of `StepRecord`."""

    global_step: NDArray[np.int64]  # [N]
    episode: NDArray[np.int64]  # [N]
    observation: Floats  # [N, D]
    action: NDArray[np.int64]  # [N]
    action_probabilities: Floats  # [N, A]
    log_prob: Floats  # [N]
    reward: Floats  # [N]
    terminated: NDArray[np.bool_]  # [N]
    truncated: NDArray[np.bool_]  # [N]
    next_observation: Floats  # [N, D]

    @property
    def ended(self) -> NDArray[np.bool_]:
        """True for each step at which an episode ended, by termination or by truncation: [N]."""
        return self.terminated | self.truncated


class EpisodeColumns(NamedTuple):
    """One row for each episode, with the fields of `EpisodeRecord`.

    NaN means that there is no reading.
    """

    global_step: NDArray[np.int64]  # [M]
    episode: NDArray[np.int64]  # [M]
    episode_return: Floats  # [M]
    length: NDArray[np.int64]  # [M]
    truncated: NDArray[np.bool_]  # [M]
    reading: Floats  # [M]
    solved: NDArray[np.bool_]  # [M]


class UpdateColumns(NamedTuple):
    """One row for each update, with the numbers of `UpdateRecord`. NaN replaces None.

    `cosine`, `shared_actor_norm` and `shared_critic_norm` are the fields of `Conflict`. `td_error`
    is the mean of |y − Q(s,a)|. `batch_end` says where the update's rows end in `BatchColumns`, and
    `critic_end` says where its rows end in `CriticColumns`. The rows of an update begin where the
    rows of the previous update end.
    """

    global_step: NDArray[np.int64]  # [U]
    update: NDArray[np.int64]  # [U]
    actor_loss: Floats  # [U]
    critic_loss: Floats  # [U]
    entropy: Floats  # [U]
    actor_gradient_norm: Floats  # [U]
    critic_gradient_norm: Floats  # [U]
    cosine: Floats  # [U]
    shared_actor_norm: Floats  # [U]
    shared_critic_norm: Floats  # [U]
    td_error: Floats  # [U]
    batch_end: NDArray[np.int64]  # [U]
    critic_end: NDArray[np.int64]  # [U]


class BatchColumns(NamedTuple):
    """One row for each environment step in the batches from which the actor learned."""

    action: NDArray[np.int64]
    batch_return: Floats  # Gₜ; NaN for an actor-critic
    weight: Floats  # wₜ
    episode_end: NDArray[np.bool_]


class CriticColumns(NamedTuple):
    """One row for each transition of the critic's batches, with the fields of `CriticBatch`."""

    estimate: Floats
    target: Floats
    age: NDArray[np.int64]


class Stretch(NamedTuple):
    """The data of a stretch (a part of a run). The rows are in the order of time."""

    steps: StepColumns
    episodes: EpisodeColumns
    updates: UpdateColumns
    batches: BatchColumns
    critic_batches: CriticColumns


AnyColumns = TypeVar("AnyColumns", bound=NamedTuple)


def rows_of(columns: AnyColumns, rows: slice) -> AnyColumns:
    """Take some rows of all columns, as views of the arrays."""
    kind: Any = type(columns)
    part: AnyColumns = kind(*(column[rows] for column in columns))
    return part


def copied(columns: AnyColumns) -> AnyColumns:
    """Copy all columns."""
    kind: Any = type(columns)
    copies: AnyColumns = kind(*(column.copy() for column in columns))
    return copies


def records_of(stretch: Stretch) -> Iterator[Record]:
    """Make the records of a stretch.

    For each time step, the step's record comes first, then the episode's and the update's.
    """
    episodes, updates = _episode_records(stretch), _update_records(stretch)
    episode, update = next(episodes, None), next(updates, None)
    for step in step_records(stretch.steps):
        yield step
        if episode is not None and episode.global_step == step.global_step:
            yield episode
            episode = next(episodes, None)
        if update is not None and update.global_step == step.global_step:
            yield update
            update = next(updates, None)


def step_records(steps: StepColumns) -> Iterator[StepRecord]:
    """Make a record for each row of the columns."""
    # A loop over a list of Python numbers is faster than a loop over an array.
    return map(
        StepRecord,
        steps.global_step.tolist(),
        steps.episode.tolist(),
        steps.observation,
        steps.action.tolist(),
        steps.action_probabilities,
        steps.log_prob.tolist(),
        steps.reward.tolist(),
        steps.terminated.tolist(),
        steps.truncated.tolist(),
        steps.next_observation,
    )


def _episode_records(stretch: Stretch) -> Iterator[EpisodeRecord]:
    for row in zip(*(column.tolist() for column in stretch.episodes), strict=True):
        step, episode, episode_return, length, truncated, reading, solved = row
        yield EpisodeRecord(
            step, episode, episode_return, length, truncated, _number(reading), solved
        )


def _update_records(stretch: Stretch) -> Iterator[UpdateRecord]:
    for index in range(len(stretch.updates.update)):
        yield update_record(stretch, index)


def update_record(stretch: Stretch, index: int) -> UpdateRecord:
    """Make the record of one update of a stretch. A negative `index` counts from the end."""
    columns = stretch.updates
    index = range(len(columns.update))[index]
    first, first_of_critic = (
        (0, 0) if index == 0 else (columns.batch_end[index - 1], columns.critic_end[index - 1])
    )
    batch = rows_of(stretch.batches, slice(first, columns.batch_end[index]))
    critic = None
    if columns.critic_end[index] > first_of_critic:
        rows = slice(first_of_critic, columns.critic_end[index])
        critic = CriticBatch._make(column[rows] for column in stretch.critic_batches)
    row: dict[str, Any] = {name: getattr(columns, name)[index].item() for name in _UPDATE_NUMBERS}
    conflict = [row.pop(name) for name in _CONFLICT]
    return UpdateRecord(
        global_step=row.pop("global_step"),
        update=row.pop("update"),
        entropy=row.pop("entropy"),
        **{name: _number(value) for name, value in row.items()},
        actions=batch.action,
        returns=None if np.isnan(batch.batch_return).all() else batch.batch_return,
        weights=batch.weight,
        episode_ends=batch.episode_end,
        critic=critic,
        conflict=None if math.isnan(conflict[1]) else Conflict(*conflict),
    )


_CONFLICT = ("cosine", "shared_actor_norm", "shared_critic_norm")
_UPDATE_NUMBERS = UpdateColumns._fields[:10]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def stretch_of(records: Sequence[Record]) -> Stretch:
    """Collect records in columns. This function is the inverse of `records_of`."""
    steps = [record for record in records if isinstance(record, StepRecord)]
    episodes = [record for record in records if isinstance(record, EpisodeRecord)]
    updates = [record for record in records if isinstance(record, UpdateRecord)]
    critic_batches = [update.critic for update in updates if update.critic is not None]
    return Stretch(
        StepColumns(*_arrays(steps, StepRecord)),
        EpisodeColumns(*_arrays(episodes, EpisodeRecord)),
        _update_columns(updates),
        BatchColumns(
            _joined([update.actions for update in updates], np.int64),
            _joined([_returns_of(update) for update in updates]),
            _joined([update.weights for update in updates]),
            _joined([update.episode_ends for update in updates], np.bool_),
        ),
        CriticColumns(
            _joined([batch.estimates for batch in critic_batches]),
            _joined([batch.targets for batch in critic_batches]),
            _joined([batch.ages for batch in critic_batches], np.int64),
        ),
    )


# The types of these columns. NumPy cannot find the type of a column without rows.
_TYPES: dict[str, type[np.generic]] = {
    "global_step": np.int64,
    "episode": np.int64,
    "action": np.int64,
    "length": np.int64,
    "terminated": np.bool_,
    "truncated": np.bool_,
    "solved": np.bool_,
}


def _arrays(rows: Sequence[tuple[Any, ...]], kind: Any) -> Iterator[NDArray[Any]]:
    for name, column in zip(kind._fields, _columns(rows, kind), strict=True):
        yield _with_nan(column) if name == "reading" else np.array(column, _TYPES.get(name))


def _columns(rows: Sequence[tuple[Any, ...]], kind: Any) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * len(kind._fields)


def _with_nan(column: Sequence[float | None]) -> Floats:
    return np.array([math.nan if value is None else value for value in column])


def _joined(parts: Sequence[NDArray[Any]], dtype: Any = np.float64) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype)


def _returns_of(update: UpdateRecord) -> Floats:
    return np.full(len(update.weights), np.nan) if update.returns is None else update.returns


def _update_columns(updates: Sequence[UpdateRecord]) -> UpdateColumns:
    numbers = {
        name: _with_nan([getattr(update, name) for update in updates])
        for name in _UPDATE_NUMBERS
        if name not in (*_CONFLICT, "global_step", "update")
    }
    conflicts = [update.conflict or (None, None, None) for update in updates]
    for name, column in zip(_CONFLICT, _columns(conflicts, Conflict), strict=True):
        numbers[name] = _with_nan(column)
    sizes = [(len(u.weights), 0 if u.critic is None else len(u.critic.targets)) for u in updates]
    ends = np.array(sizes, np.int64).reshape(-1, 2).cumsum(axis=0)
    return UpdateColumns(
        global_step=np.array([update.global_step for update in updates], np.int64),
        update=np.array([update.update for update in updates], np.int64),
        td_error=_with_nan([mean_td_error(update) for update in updates]),
        batch_end=ends[:, 0],
        critic_end=ends[:, 1],
        **numbers,
    )


def mean_td_error(update: UpdateRecord) -> float | None:
    """Mean of |y − Q(s,a)| over the critic's batch; None if the update has no critic's batch."""
    if update.critic is None:
        return None
    return float(np.abs(update.critic.targets - update.critic.estimates).mean())
