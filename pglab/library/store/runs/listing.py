"""Lists, names, pins and deletes the runs of an owner.

All functions see only the runs of the owner. Each function runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from pglab.language import _
from pglab.library.cleaned_text import cleaned, cleaned_line
from pglab.library.store.problems import TooManyPinned
from pglab.library.store.runs.kept import RunRow, hash_of
from pglab.library.store.runs.rows import ROW, fields_of, searched_text
from pglab.library.store.tables import runs

SortOrder = Literal["date", "started", "name", "agent", "steps", "return"]

MOST_IN_NAME = 80  # characters
MOST_IN_NOTE = 1_000
_MOST_WORDS = 10  # of a search
_MOST_IN_SEARCH = 200
_ORDERS: dict[SortOrder, tuple[ColumnElement[Any], ...]] = {
    "date": (runs.c.saved.desc(),),
    "started": (runs.c.started.desc(),),
    "name": (runs.c.name == "", func.lower(runs.c.name)),
    "agent": (runs.c.agent, runs.c.environment, runs.c.saved.desc()),
    "steps": (runs.c.global_step.desc(),),
    "return": (runs.c.mean_return.desc().nulls_last(),),
}


def runs_of(
    connection: Connection, owner: str, search: str, order: SortOrder, limit: int, offset: int
) -> list[RunRow]:
    """List the runs of an owner that contain all words of `search`.

    Raises:
        ValueError: no order has this name.
    """
    if order not in get_args(SortOrder):
        raise ValueError(f"no order is called {order!r}")
    found = connection.execute(
        select(*ROW)
        .where(*_found(owner, search))
        .order_by(*_ORDERS[order], runs.c.address)
        .limit(limit)
        .offset(offset)
    )
    return [RunRow(**fields_of(row)) for row in found]


def count_of(connection: Connection, owner: str, search: str) -> int:
    """Count the runs of an owner that contain all words of `search`."""
    counted = select(func.count()).select_from(runs).where(*_found(owner, search))
    return connection.execute(counted).scalar_one()


def annotate(
    connection: Connection,
    owner: str,
    address: str,
    name: str | None,
    note: str | None,
    pinned: bool | None,
    most_pinned: int,
) -> bool:
    """Name, describe or pin a run; return True if the owner has this run.

    An argument that is None changes nothing.

    Raises:
        TooManyPinned: the number of the owner's pinned runs has reached `most_pinned`.
    """
    this = runs.c.address == address, runs.c.owner_hash == hash_of(owner)
    row = connection.execute(select(*ROW).where(*this).with_for_update()).one_or_none()
    if row is None:
        return False
    known = RunRow(**fields_of(row))
    if pinned and not known.pinned:
        _require_room(connection, owner, most_pinned)
    name = known.name if name is None else cleaned_line(name, MOST_IN_NAME)
    note = known.note if note is None else cleaned(note, MOST_IN_NOTE)
    connection.execute(
        update(runs)
        .where(*this)
        .values(
            name=name,
            note=note,
            pinned=known.pinned if pinned is None else pinned,
            searched=searched_text(name, note, known.summary),
        )
    )
    return True


def delete_runs(connection: Connection, owner: str, addresses: Sequence[str]) -> int:
    """Delete runs of an owner, and return how many were deleted."""
    deleted = connection.execute(
        delete(runs).where(
            runs.c.owner_hash == hash_of(owner),
            runs.c.address.in_(addresses),
        )
    )
    return deleted.rowcount


def _found(owner: str, search: str) -> tuple[ColumnElement[bool], ...]:
    """Return the SQL conditions for the runs of an owner that contain all words of `search`."""
    words = cleaned(search, _MOST_IN_SEARCH).casefold().split()[:_MOST_WORDS]
    return (
        runs.c.owner_hash == hash_of(owner),
        *(runs.c.searched.contains(word, autoescape=True) for word in words),
    )


def _require_room(connection: Connection, owner: str, most: int) -> None:
    pinned = connection.execute(
        select(func.count())
        .select_from(runs)
        .where(runs.c.owner_hash == hash_of(owner), runs.c.pinned)
    ).scalar_one()
    if pinned >= most:
        raise TooManyPinned(
            _("You have pinned {n} runs, and more are not possible. Unpin one first.").format(
                n=pinned
            )
        )
