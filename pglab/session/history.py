"""The history of a run: its episodes, its updates, its changes of settings and its last steps."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pglab.curves import Curve, Gaps, GrowingCurve
from pglab.records import CriticBatch, UpdateRecord
from pglab.stretch import (
    BatchColumns,
    CriticColumns,
    EpisodeColumns,
    StepColumns,
    Stretch,
    stretch_of,
    update_record,
)

Columns = TypeVar("Columns", StepColumns, BatchColumns, CriticColumns)

MOST_UPDATES = 10_000  # the most updates kept, spread over the run; an agent may update each step
MEAN_EPISODES = 100  # episodes of the mean return that pages and files state
RECENT_SIGNALS = 200  # rows kept of the latest batches, because one batch may have only one step
RECENT_STEPS = 500  # steps kept: the longest episode of the three environments has 500 steps


class Follower(Protocol):
    """An object that processes all rows of a table, including rows that are added later."""

    @property
    def add(self) -> Callable[..., None]:
        """The function that processes N new rows; each argument is one column [N] of these rows."""


AnyFollower = TypeVar("AnyFollower", bound=Follower)


class Series:
    """A table of numbers with named columns; adding a row has constant amortised cost.

    If `most` is given, it is the maximum number of rows. When the table is full, it drops every
    second row. From then on, the table keeps only every second added row. When the table is full
    again, it keeps only every fourth added row, and so on.
    """

    def __init__(self, *names: str, most: int | None = None) -> None:
        self._names = names
        self._most = most
        self._rows = np.empty((64, len(names)))
        self._length = 0
        self._stride = 1
        self.appended = 0  # number of added rows, including dropped rows
        # Each value is a follower and the number of rows that this follower has processed.
        self._followers: dict[Hashable, tuple[Any, int]] = {}

    def extend(self, columns: Sequence[NDArray[Any]]) -> None:
        """Add N rows, given as one array [N] for each column, in the order of the names."""
        table = np.column_stack(columns)
        while len(table):
            first = -self.appended % self._stride
            kept = table[first :: self._stride]
            room = len(kept) if self._most is None else self._most - self._length
            self._store(kept[:room])
            if len(kept) <= room:
                self.appended += len(table)
                return
            done = first + room * self._stride
            self.appended += done
            table = table[done:]
            self._drop_every_second()

    def _store(self, rows: NDArray[Any]) -> None:
        end = self._length + len(rows)
        if end > len(self._rows):
            size = max(2 * len(self._rows), end)
            size = size if self._most is None else min(size, self._most)
            self._rows = np.concatenate(
                [self._rows, np.empty((size - len(self._rows), len(self._names)))]
            )
        self._rows[self._length : end] = rows
        self._length = end

    def rows_for(self, appended: int) -> int:
        """The approximate number of kept rows after `appended` rows were added; at least 1."""
        return max(1, round(appended / self._stride))

    def cut(self, appended: int) -> None:
        """Drop every row that was added after the first `appended` rows."""
        self.appended = appended
        self._length = -(-appended // self._stride)
        self._followers.clear()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._names

    @property
    def stride(self) -> int:
        """The table keeps one of every `stride` added rows; `stride` is a power of two."""
        return self._stride

    def fill(self, columns: Sequence[NDArray[Any]], appended: int, stride: int) -> None:
        """Fill this empty table with stored columns [N], and set its `appended` and `stride`."""
        self._store(np.column_stack(columns))
        self.appended, self._stride = appended, stride

    def _drop_every_second(self) -> None:
        kept = self._rows[: self._length : 2]
        self._rows = kept.repeat(2, axis=0)  # a new array, so views of the old array stay valid
        self._rows[: len(kept)] = kept
        self._length = len(kept)
        self._stride *= 2
        self._followers.clear()

    def followed(
        self, key: Hashable, columns: Sequence[str], make: Callable[[], AnyFollower]
    ) -> AnyFollower:
        """Let the follower with this key process the rows that are new to it; return the follower.

        The follower processes each row only once. If there is no follower yet, or if the table has
        dropped rows, `make` makes a new follower.
        """
        follower, known = self._followers.get(key) or (make(), 0)
        if known < self._length:
            follower.add(*(self[name][known:] for name in columns))
        self._followers[key] = follower, self._length
        return follower

    def curve(
        self, column: str, most: int, window: int = 1, gaps: Gaps = "left out", label: str = ""
    ) -> Curve:
        """The points of one column for a figure over environment steps; see `GrowingCurve`."""
        drawn = self.followed(
            (column, most, window, gaps),
            ("global_step", column),
            lambda: GrowingCurve(most, window, gaps),
        )
        return Curve(drawn.steps, drawn.values, label)

    def __len__(self) -> int:
        """Number of kept rows."""
        return self._length

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """A read-only view of one column: [rows]."""
        column = self._rows[: self._length, self._names.index(name)]
        column.flags.writeable = False
        return column


@dataclass(frozen=True)
class Change:
    """Settings that changed during training.

    `global_step` and `update` are the numbers of steps and of updates before the change.
    """

    global_step: int
    update: int
    settings: dict[str, Any]


class Recent(Generic[Columns]):
    """A table that keeps only its latest rows; `most` is the maximum number of kept rows.

    Added rows are not joined to the table at once, because training adds rows more often than a
    page reads the table. The added rows are joined when a page reads the table, or when there are
    many of them.
    """

    def __init__(self, empty: Columns, most: int) -> None:
        """`empty` is a table that has the same columns as the new table, but no rows."""
        self._parts: list[Columns] = [empty]  # the joined rows, then the rows added later
        self._rows_added = 0
        self._most = most

    def add(self, columns: Columns) -> None:
        """Add rows at the end of the table."""
        self._parts.append(columns)
        self._rows_added += len(columns[0])
        if self._rows_added >= self._most:
            self._join()  # otherwise, rows that no page reads would fill the memory

    @property
    def columns(self) -> Columns:
        """The last rows, as arrays that never change, so a `HistoryMark` may share the arrays."""
        if len(self._parts) > 1:
            self._join()
        return self._parts[0]

    @columns.setter
    def columns(self, columns: Columns) -> None:
        self._parts, self._rows_added = [columns], 0

    def _join(self) -> None:
        empty = self._parts[0]
        # Columns without rows are left out, because the length of their observations is unknown.
        parts = [part for part in self._parts if len(part[0])]
        columns: Any = zip(*parts, strict=True)
        joined = (
            np.concatenate([part[-self._most :] for part in column])[-self._most :]
            for column in columns
        )
        self.columns = type(empty)._make(joined) if parts else empty


@dataclass(frozen=True)
class HistoryMark:
    """The state of a history at one moment; the history can be reset to this state."""

    episodes: int
    updates: int
    changes: tuple[Change, ...]
    steps: StepColumns
    last_update: UpdateRecord | None
    signals: BatchColumns
    fits: CriticColumns
    reading: float | None
    solved_at: int | None


class History:
    """The episodes, updates, changes of settings and most recent steps of one run."""

    def __init__(self) -> None:
        self.episodes = Series("global_step", "episode_return", "length", "reading")
        self.updates = Series(
            "global_step",
            "actor_loss",
            "critic_loss",
            "entropy",
            "actor_gradient_norm",
            "critic_gradient_norm",
            "cosine",
            "shared_actor_norm",
            "shared_critic_norm",
            "td_error",
            most=MOST_UPDATES,
        )
        self.changes: list[Change] = []
        nothing = stretch_of(())
        self._steps: Recent[StepColumns] = Recent(nothing.steps, RECENT_STEPS)
        self._signals: Recent[BatchColumns] = Recent(nothing.batches, RECENT_SIGNALS)
        self._fits: Recent[CriticColumns] = Recent(nothing.critic_batches, RECENT_SIGNALS)
        self.last_update: UpdateRecord | None = None
        self.reading: float | None = None
        self.solved_at: int | None = None

    @property
    def steps(self) -> StepColumns:
        """The latest steps, at most `RECENT_STEPS`."""
        return self._steps.columns

    @property
    def signals(self) -> BatchColumns:
        """The latest steps from which the actor has learned, at most `RECENT_SIGNALS`."""
        return self._signals.columns

    @property
    def fits(self) -> CriticColumns:
        """The latest transitions from which the critic has learned, at most `RECENT_SIGNALS`."""
        return self._fits.columns

    def add(self, stretch: Stretch) -> None:
        """Add the steps, episodes and updates of a stretch, which is a short part of the run."""
        if len(stretch.steps.action):
            self._steps.add(stretch.steps)
        if len(stretch.episodes.episode):
            self._add_episodes(stretch.episodes)
        if len(stretch.updates.update):
            self.updates.extend(stretch.updates[:1] + stretch.updates[2:11])
            # Without a copy, a `HistoryMark` would keep the arrays of a whole stretch in memory.
            self.last_update = _own_copy(update_record(stretch, -1))
            self._signals.add(stretch.batches)
            self._fits.add(stretch.critic_batches)

    def fill_recent(
        self,
        steps: StepColumns,
        signals: BatchColumns,
        fits: CriticColumns,
        last_update: UpdateRecord | None,
    ) -> None:
        """Replace the stored data of the latest steps and updates."""
        self._steps.columns, self._signals.columns, self._fits.columns = steps, signals, fits
        self.last_update = last_update

    def note_change(self, global_step: int, settings: dict[str, Any]) -> None:
        """Add a change of settings.

        Several changes at the same step become one entry.
        """
        if self.changes and self.changes[-1].global_step == global_step:
            settings = self.changes.pop().settings | settings
        self.changes.append(Change(global_step, self.updates.appended, settings))

    def mark(self) -> HistoryMark:
        """The present state of the history; `back_to` can return to this state."""
        return HistoryMark(
            self.episodes.appended,
            self.updates.appended,
            tuple(self.changes),
            self.steps,
            self.last_update,
            self.signals,
            self.fits,
            self.reading,
            self.solved_at,
        )

    def back_to(self, mark: HistoryMark) -> None:
        """Reset the history to the state in `mark`.

        If the table has dropped updates since the mark was made, these updates are not restored.
        """
        self.episodes.cut(mark.episodes)
        self.updates.cut(mark.updates)
        self.changes = list(mark.changes)
        self._steps.columns = mark.steps
        self.last_update = mark.last_update
        self._signals.columns = mark.signals
        self._fits.columns = mark.fits
        self.reading, self.solved_at = mark.reading, mark.solved_at

    def mean_return(self, window: int = MEAN_EPISODES) -> float | None:
        """Mean of the last `window` episode returns; None before the first episode."""
        returns = self.episodes["episode_return"][-window:]
        return float(returns.mean()) if len(returns) else None

    def _add_episodes(self, episodes: EpisodeColumns) -> None:
        self.episodes.extend(
            (episodes.global_step, episodes.episode_return, episodes.length, episodes.reading)
        )
        readings = episodes.reading[~np.isnan(episodes.reading)]
        if len(readings):
            self.reading = float(readings[-1])
        if self.solved_at is None and episodes.solved.any():
            self.solved_at = int(episodes.global_step[episodes.solved.argmax()])


def _own_copy(update: UpdateRecord) -> UpdateRecord:
    """A copy of the record that shares no array with the original."""
    return update._replace(
        actions=update.actions.copy(),
        returns=None if update.returns is None else update.returns.copy(),
        weights=update.weights.copy(),
        episode_ends=update.episode_ends.copy(),
        critic=update.critic and CriticBatch._make(column.copy() for column in update.critic),
    )
