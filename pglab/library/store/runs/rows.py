"""Converts between the rows of the table of runs and the classes of `kept`."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from pglab.library.store.runs.kept import Summary
from pglab.library.store.tables import runs

AnyRow = Row[*tuple[Any, ...]]

_SUMMARY = tuple(field.name for field in dataclasses.fields(Summary))
ROW = tuple(
    runs.c[name]
    for name in ("address", *_SUMMARY, "name", "note", "pinned", "started", "saved", "size")
)  # the columns that `fields_of` needs


def fields_of(row: AnyRow) -> dict[str, Any]:
    """Return the fields of a `RunRow`; `row` must have the columns `ROW`."""
    return {
        "address": row.address,
        "summary": Summary(**{name: getattr(row, name) for name in _SUMMARY}),
        "name": row.name,
        "note": row.note,
        "pinned": row.pinned,
        "started": datetime.fromtimestamp(row.started, UTC),
        "saved": datetime.fromtimestamp(row.saved, UTC),
        "size": row.size,
    }


def columns_of(summary: Summary) -> dict[str, Any]:
    """Return the values of a summary by the names of their columns."""
    return {name: getattr(summary, name) for name in _SUMMARY}


def searched_text(name: str, note: str, summary: Summary) -> str:
    """Return the text, in lower case, in which a search looks for words."""
    words = name, note, summary.agent, summary.environment, summary.outcome or ""
    return "\n".join(words).casefold()
