"""The history of a run: its episodes, its updates, changed settings and latest steps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab.records import EpisodeRecord, Record, StepRecord, UpdateRecord

MOST_UPDATES = 20_000  # number kept, spread over the run: an agent may update at every step
RECENT_SIGNALS = 200  # an agent may update at every step: one batch alone shows nothing
RECENT_STEPS = 500  # the longest episode of the three environments


class Series:
    """A table of numbers with named columns; adding a row has constant amortised cost.

    When the table has `most` rows, it drops every second row, and from then on it keeps only every
    second added row; the next time, it keeps only every fourth added row, and so on.
    """

    def __init__(self, *names: str, most: int | None = None) -> None:
        self._names = names
        self._most = most
        self._rows = np.empty((64, len(names)))
        self._length = 0
        self._stride = 1
        self.appended = 0  # number of rows, including dropped ones

    def append(self, *values: float | None) -> None:
        """Add a row; None is stored as NaN."""
        self.appended += 1
        if (self.appended - 1) % self._stride:
            return
        if self._length == self._most:
            self._drop_every_second()
            if (self.appended - 1) % self._stride:
                return
        if self._length == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._length] = [np.nan if value is None else value for value in values]
        self._length += 1

    def rows_for(self, appended: int) -> int:
        """About how many of `appended` added rows remain after thinning; at least 1."""
        return max(1, round(appended / self._stride))

    def cut(self, appended: int) -> None:
        """Drop every row that was added after the first `appended` rows."""
        self.appended = appended
        self._length = -(-appended // self._stride)

    def _drop_every_second(self) -> None:
        kept = self._rows[: self._length : 2]
        self._rows = kept.repeat(2, axis=0)  # a new array: views of the old one stay valid
        self._rows[: len(kept)] = kept
        self._length = len(kept)
        self._stride *= 2

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
    """Settings that changed during training, after `global_step` steps and `update` updates."""

    global_step: int
    update: int
    settings: dict[str, Any]


@dataclass(frozen=True)
class HistoryMark:
    """The state of a history at one moment; the history can be reset to this state."""

    episodes: int
    updates: int
    changes: tuple[Change, ...]
    steps: tuple[StepRecord, ...]
    last_update: UpdateRecord | None
    signals: tuple[tuple[float, int, bool], ...]
    fits: tuple[tuple[float, float], ...]
    reading: float | None
    solved_at: int | None


class History:
    """The episodes, updates and changes of one run, and its most recent steps."""

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
        self.steps: deque[StepRecord] = deque(maxlen=RECENT_STEPS)
        self.last_update: UpdateRecord | None = None
        # From the most recent updates: (weight, action, episode end) and (estimate, target).
        self.signals: deque[tuple[float, int, bool]] = deque(maxlen=RECENT_SIGNALS)
        self.fits: deque[tuple[float, float]] = deque(maxlen=RECENT_SIGNALS)
        self.reading: float | None = None
        self.solved_at: int | None = None

    def add(self, record: Record) -> None:
        """Add a record to the history."""
        match record:
            case StepRecord():
                self.steps.append(record)
            case EpisodeRecord():
                self._add_episode(record)
            case UpdateRecord():
                self._add_update(record)

    def note_change(self, global_step: int, settings: dict[str, Any]) -> None:
        """Add a change of settings.

        Several changes at the same step become one entry.
        """
        if self.changes and self.changes[-1].global_step == global_step:
            settings = self.changes.pop().settings | settings
        self.changes.append(Change(global_step, self.updates.appended, settings))

    def mark(self) -> HistoryMark:
        """The present state of the history, to which `back_to` can return."""
        return HistoryMark(
            self.episodes.appended,
            self.updates.appended,
            tuple(self.changes),
            tuple(self.steps),
            self.last_update,
            tuple(self.signals),
            tuple(self.fits),
            self.reading,
            self.solved_at,
        )

    def back_to(self, mark: HistoryMark) -> None:
        """Reset the history to the state in `mark`.

        This does not restore updates that the table has dropped since the mark was made.
        """
        self.episodes.cut(mark.episodes)
        self.updates.cut(mark.updates)
        self.changes = list(mark.changes)
        self.steps = deque(mark.steps, maxlen=RECENT_STEPS)
        self.last_update = mark.last_update
        self.signals = deque(mark.signals, maxlen=RECENT_SIGNALS)
        self.fits = deque(mark.fits, maxlen=RECENT_SIGNALS)
        self.reading, self.solved_at = mark.reading, mark.solved_at

    def mean_return(self, window: int = 100) -> float | None:
        """Mean of the last `window` episode returns; None before the first episode."""
        returns = self.episodes["episode_return"][-window:]
        return float(returns.mean()) if len(returns) else None

    def _add_episode(self, record: EpisodeRecord) -> None:
        self.episodes.append(
            record.global_step, record.episode_return, record.length, record.reading
        )
        if record.reading is not None:
            self.reading = record.reading
        if record.solved and self.solved_at is None:
            self.solved_at = record.global_step

    def _add_update(self, record: UpdateRecord) -> None:
        self.updates.append(
            record.global_step,
            record.actor_loss,
            record.critic_loss,
            record.entropy,
            record.actor_gradient_norm,
            record.critic_gradient_norm,
            *(record.conflict or (None, None, None)),
            _mean_td_error(record),
        )
        self.last_update = record
        self.signals.extend(zip(record.weights, record.actions, record.episode_ends, strict=True))
        if record.critic is not None:
            self.fits.extend(zip(record.critic.estimates, record.critic.targets, strict=True))


def _mean_td_error(record: UpdateRecord) -> float | None:
    """Mean |y − Q(s,a)| over the critic's batch; None without a batch."""
    if record.critic is None:
        return None
    return float(np.abs(record.critic.targets - record.critic.estimates).mean())
