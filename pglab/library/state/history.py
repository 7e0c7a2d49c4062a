"""Converts the history of a run to arrays and JSON, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from pglab.language import _
from pglab.library.contents import Arrays, Facts, State, Table
from pglab.library.state.taking import StateError, require_all_taken, take
from pglab.records import UpdateRecord
from pglab.session.history import RECENT_SIGNALS, RECENT_STEPS, Change, History, Series
from pglab.stretch import Stretch, stretch_of, update_record

Columns = TypeVar("Columns", bound=NamedTuple)

MOST_ROWS = 1_000_000  # of one table
WIDE = ("observation", "action_probabilities", "next_observation")  # one row is several numbers


def table_of(series: Series) -> Table:
    """Copy a table of a history."""
    columns = {name: series[name].copy() for name in series.names}
    return Table(columns, series.appended, series.stride)


def fill_series(series: Series, table: Table) -> None:
    """Fill an empty table of a history with the rows of a stored table.

    Raises:
        StateError: the stored table is not a table of a history.
    """
    columns = dict(table.columns)
    rows = -(-table.appended // table.stride) if 0 < table.stride <= table.appended + 1 else -1
    if not 0 <= rows <= MOST_ROWS:
        raise StateError(_("A table in the file is damaged."))
    known = [take(columns, name, (rows,), np.float64, finite=False) for name in series.names]
    series.fill(known, table.appended, table.stride)


def recent_of(history: History) -> State:
    """Copy the latest steps and updates that the history holds."""
    arrays: Arrays = {}
    parts: dict[str, Any] = {
        "steps": history.steps,
        "signals": history.signals,
        "fits": history.fits,
    }
    for part, columns in parts.items():
        if len(columns[0]):
            for name, column in columns._asdict().items():
                arrays[f"{part}/{name}"] = column
    if history.last_update is not None:
        last = stretch_of([history.last_update])
        for part in ("updates", "batches", "critic_batches"):
            for name, column in getattr(last, part)._asdict().items():
                arrays[f"last/{part}/{name}"] = column
    return State(arrays, {"reading": history.reading, "solved_at": history.solved_at})


def history_from(
    episodes: Table, updates: Table, recent: State, changes: Sequence[Change]
) -> History:
    """Make the history of a run again from its stored parts.

    Raises:
        StateError: a stored part is damaged.
    """
    history = History()
    fill_series(history.episodes, episodes)
    fill_series(history.updates, updates)
    history.changes = list(changes)
    history.reading, history.solved_at = _facts(recent.facts)
    arrays, empty = dict(recent.arrays), stretch_of(())
    history.fill_recent(
        _columns(arrays, "steps", empty.steps, RECENT_STEPS),
        _columns(arrays, "signals", empty.batches, RECENT_SIGNALS),
        _columns(arrays, "fits", empty.critic_batches, RECENT_SIGNALS),
        _last_update(arrays, empty),
    )
    require_all_taken(arrays)
    return history


def _facts(facts: Facts) -> tuple[float | None, int | None]:
    reading, solved_at = facts.get("reading"), facts.get("solved_at")
    if not (reading is None or isinstance(reading, int | float)) or not (
        solved_at is None or type(solved_at) is int
    ):
        raise StateError(_("The readings in the file are damaged."))
    return reading, solved_at


def _last_update(arrays: Arrays, empty: Stretch) -> UpdateRecord | None:
    if "last/updates/update" not in arrays:
        return None
    last = empty._replace(
        updates=_columns(arrays, "last/updates", empty.updates, 1),
        batches=_columns(arrays, "last/batches", empty.batches, MOST_ROWS),
        critic_batches=_columns(arrays, "last/critic_batches", empty.critic_batches, MOST_ROWS),
    )
    ends = last.updates.batch_end, last.updates.critic_end
    if [*map(list, ends)] != [[len(last.batches[0])], [len(last.critic_batches[0])]]:
        raise StateError(_("The last update in the file is damaged."))
    return update_record(last, -1)


def _columns(arrays: Arrays, part: str, empty: Columns, most: int) -> Columns:
    """Take columns of equal length from the arrays; if there are none, return `empty`."""
    names = [name for name in empty._fields if f"{part}/{name}" in arrays]
    if not names:
        return empty
    first = arrays[f"{part}/{names[0]}"]
    rows = len(first) if first.ndim else -1
    if not 0 <= rows <= most:
        raise StateError(_("A table in the file is damaged."))
    taken: dict[str, Any] = {}
    for name in empty._fields:
        found = arrays.get(f"{part}/{name}")
        wide = found is not None and name in WIDE and found.ndim == 2
        shape = (rows, found.shape[1]) if wide and found is not None else (rows,)
        dtype = getattr(empty, name).dtype
        if dtype.kind == "f" and found is not None and found.dtype == np.float32:
            dtype = found.dtype  # some columns have the precision of the networks
        taken[name] = take(arrays, f"{part}/{name}", shape, dtype, finite=False)
    kind: Any = type(empty)
    filled: Columns = kind(**taken)
    return filled
