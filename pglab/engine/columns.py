"""Makes the arrays that compiled code fills, and removes the rows that stay unused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab.engine.kernels.steps import Columns
from pglab.stretch import (
    BatchColumns,
    CriticColumns,
    EpisodeColumns,
    StepColumns,
    Stretch,
    UpdateColumns,
    rows_of,
)

_INTEGERS = (
    "global_step",
    "episode",
    "action",
    "length",
    "update",
    "batch_end",
    "critic_end",
    "age",
)
_BOOLEANS = ("terminated", "truncated", "solved", "episode_end")


def _empty(name: str, rows: int) -> NDArray[Any]:
    dtype = np.int64 if name in _INTEGERS else np.bool_ if name in _BOOLEANS else np.float64
    return np.empty(rows, dtype)


def step_columns(rows: int, width: int, actions: int, dtype: Any) -> StepColumns:
    """Make columns with room for `rows` steps. `width` is the length of an observation."""
    wide = {
        "observation": np.empty((rows, width), np.float32),
        "action_probabilities": np.empty((rows, actions), dtype),
        "next_observation": np.empty((rows, width), np.float32),
    }
    return StepColumns(
        *(wide[name] if name in wide else _empty(name, rows) for name in StepColumns._fields)
    )


def trimmed(out: Columns) -> Stretch:
    """Keep only the rows that the compiled code has written."""
    steps, episodes, updates, batch_rows, critic_rows = out.rows.tolist()
    return Stretch(
        rows_of(out.steps, slice(steps)),
        rows_of(out.episodes, slice(episodes)),
        rows_of(out.updates, slice(updates)),
        rows_of(out.batches, slice(batch_rows)),
        rows_of(out.critic_batches, slice(critic_rows)),
    )


def columns(steps: StepColumns, updates: int, batch_rows: int, critic_rows: int) -> Columns:
    """Make all columns that compiled code fills. `steps` are the columns of the steps.

    The columns of the episodes have as many rows as `steps`. `updates`, `batch_rows` and
    `critic_rows` are the numbers of rows of the other columns.
    """
    episodes = len(steps.action)
    return Columns(
        steps,
        EpisodeColumns(*(_empty(name, episodes) for name in EpisodeColumns._fields)),
        UpdateColumns(*(_empty(name, updates) for name in UpdateColumns._fields)),
        BatchColumns(*(_empty(name, batch_rows) for name in BatchColumns._fields)),
        CriticColumns(*(_empty(name, critic_rows) for name in CriticColumns._fields)),
        np.zeros(5, np.int64),
    )
