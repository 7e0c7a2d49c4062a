"""Stores rooms, and the changes by their teachers. Each function runs in the caller's transaction.

These functions treat a room whose time is over as if it were deleted, even if it is still stored.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from pglab.language import _
from pglab.library.store.problems import TooManyRooms
from pglab.library.store.rooms import tables
from pglab.library.store.rooms.locks import lock_doors
from pglab.library.store.runs.kept import hash_of

DAY = 86_400.0  # seconds
MOST_OF_OWNER = 10  # rooms that one browser may have open at once
MOST_ROOMS = 500  # open at once

_rooms = tables.rooms


@dataclass(frozen=True)
class RoomRow:
    """A stored room, without its lesson and the hashes of its secret keys."""

    room: str
    code: str
    rest: str
    opened: float
    expires: float
    ended: float | None
    door_from: float
    door_until: float
    version: int
    mode: str
    step: int
    questions: str
    names: bool
    live_name: str
    live_title: str


COLUMNS = tuple(_rooms.c[field.name] for field in fields(RoomRow))


def exists(now: float) -> ColumnElement[bool]:
    """Return the SQL condition that the time of the room is not over."""
    return _rooms.c.expires > now


def is_open(now: float) -> ColumnElement[bool]:
    """Return the SQL condition that the room exists and the teacher has not ended it."""
    return and_(exists(now), _rooms.c.ended.is_(None))


def has_open_door(now: float) -> ColumnElement[bool]:
    """Return the SQL condition that the short code opens the room."""
    return and_(is_open(now), _rooms.c.door_until > now)


def row_of(found: Any) -> RoomRow:
    """Convert a row with at least the columns `COLUMNS` to a `RoomRow`."""
    return RoomRow(**{field.name: getattr(found, field.name) for field in fields(RoomRow)})


def open_room(
    connection: Connection, row: RoomRow, key: str, owner: str, lesson: str, now: float
) -> bool:
    """Store a new room; return False if another room had the same code within the last day.

    Raises:
        TooManyRooms: too many rooms are open.
    """
    lock_doors(connection)
    tidy(connection, now)
    _require_space(connection, owner, now)
    taken = select(tables.codes.c.code).where(tables.codes.c.code == row.code)
    if connection.execute(taken).one_or_none() is not None:
        return False
    connection.execute(insert(tables.codes).values(code=row.code, kept=row.expires + DAY))
    values = {field.name: getattr(row, field.name) for field in fields(RoomRow)}
    secrets = {"key_hash": hash_of(key), "owner_hash": hash_of(owner)}
    connection.execute(insert(_rooms).values({**values, **secrets, "lesson": lesson}))
    return True


def load(connection: Connection, room: str, now: float) -> RoomRow | None:
    """Load a room; return None if there is no such room."""
    found = select(*COLUMNS).where(_rooms.c.room == room, exists(now))
    row = connection.execute(found).one_or_none()
    return None if row is None else row_of(row)


def load_open_of(connection: Connection, owner: str, now: float, most: int) -> Sequence[RoomRow]:
    """Load the newest open rooms of this browser, newest first; `most` limits their number."""
    own = select(*COLUMNS).where(is_open(now), _rooms.c.owner_hash == hash_of(owner))
    rows = connection.execute(own.order_by(_rooms.c.opened.desc()).limit(most)).all()
    return [row_of(row) for row in rows]


def open_owners(connection: Connection, now: float) -> Sequence[str]:
    """Load the hashes of the keys of all browsers that have open rooms."""
    return connection.scalars(select(_rooms.c.owner_hash).where(is_open(now)).distinct()).all()


def load_unchanged(connection: Connection, room: str, now: float) -> RoomRow | None:
    """Load a room; return None if there is no such room.

    Other transactions may load the room, but cannot change it before this transaction ends.
    """
    found = select(*COLUMNS).where(_rooms.c.room == room, exists(now))
    row = connection.execute(found.with_for_update(read=True)).one_or_none()
    return None if row is None else row_of(row)


def load_lesson(connection: Connection, room: str) -> str | None:
    """Load the lesson file of a room; return None if there is no such room."""
    found = select(_rooms.c.lesson).where(_rooms.c.room == room)
    return connection.execute(found).scalar_one_or_none()


def load_by_key(
    connection: Connection, key: str, now: float, *, to_change: bool = False
) -> RoomRow | None:
    """Load the room whose teacher has this key; return None if there is none.

    If `to_change` is true, no other transaction can change the room before this one ends.
    """
    hashed = hash_of(key)
    found = select(*COLUMNS, _rooms.c.key_hash).where(_rooms.c.key_hash == hashed, exists(now))
    row = connection.execute(found.with_for_update() if to_change else found).one_or_none()
    if row is None or not hmac.compare_digest(row.key_hash, hashed):
        return None
    return row_of(row)


def change(connection: Connection, row: RoomRow, values: Mapping[str, Any]) -> None:
    """Change columns of a room that was loaded with `to_change`; its version grows by 1."""
    changed = update(_rooms).where(_rooms.c.room == row.room)
    connection.execute(changed.values({**values, "version": row.version + 1}))


def show_live(
    connection: Connection, room: str, owner: str, name: str, title: str, now: float
) -> bool:
    """Let a room show a run; return False if this browser has no such open room.

    The version of the room stays the same, because no other change depends on the shown run.
    """
    own = is_open(now), _rooms.c.room == room, _rooms.c.owner_hash == hash_of(owner)
    shown = update(_rooms).where(*own).values(live_name=name, live_title=title)
    return connection.execute(shown).rowcount > 0


def hide_live(connection: Connection, name: str, room: str | None = None) -> None:
    """Stop showing the run with this name in `room`, or in all rooms if `room` is None."""
    shown = update(_rooms).where(_rooms.c.live_name == name)
    shown = shown if room is None else shown.where(_rooms.c.room == room)
    connection.execute(shown.values(live_name="", live_title=""))


def is_of(connection: Connection, room: str, owner: str) -> bool:
    """Whether a room belongs to this browser."""
    own = select(_rooms.c.room).where(_rooms.c.room == room, _rooms.c.owner_hash == hash_of(owner))
    return connection.execute(own).one_or_none() is not None


def give_to(connection: Connection, key: str, owner: str, now: float) -> bool:
    """Let the room with this key belong to this browser; return False if there is no such room."""
    row = load_by_key(connection, key, now, to_change=True)
    if row is None:
        return False
    given = update(_rooms).where(_rooms.c.room == row.room)
    connection.execute(given.values(owner_hash=hash_of(owner)))
    return True


def delete_room(connection: Connection, room: str) -> None:
    """Delete a room with everything that belongs to it."""
    _delete(connection, _rooms.c.room == room)


def tidy(connection: Connection, now: float) -> None:
    """Delete the rooms whose time is over, with everything that belongs to them."""
    _delete(connection, ~exists(now))
    connection.execute(delete(tables.codes).where(tables.codes.c.kept <= now))


def _delete(connection: Connection, chosen: ColumnElement[bool]) -> None:
    over = connection.scalars(select(_rooms.c.room).where(chosen)).all()
    # One command for each table is faster than the database's own search for what belongs to rooms.
    for table in (tables.answers, tables.student_runs, tables.hand_returns, tables.members):
        connection.execute(delete(table).where(table.c.room.in_(over)))
    connection.execute(delete(_rooms).where(_rooms.c.room.in_(over)))


def _require_space(connection: Connection, owner: str, now: float) -> None:
    number = select(func.count()).select_from(_rooms).where(is_open(now))
    own = connection.execute(number.where(_rooms.c.owner_hash == hash_of(owner))).scalar_one()
    if own >= MOST_OF_OWNER:
        raise TooManyRooms(
            _("You have {n} open rooms, and more are not possible. End one first.").format(n=own)
        )
    if connection.execute(number).scalar_one() >= MOST_ROOMS:
        raise TooManyRooms(
            _("The server has {n} open rooms, and more are not possible. Try again later.").format(
                n=MOST_ROOMS
            )
        )
