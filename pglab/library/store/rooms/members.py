"""Stores the members of rooms. Each function runs in the caller's transaction."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, and_, func, insert, select, update

from pglab.library.store.rooms import guesses, joins, tables
from pglab.library.store.rooms.locks import lock_doors
from pglab.library.store.rooms.rooms import exists, has_open_door, is_open
from pglab.library.store.runs.kept import hash_of

MOST_MEMBERS = 400  # of one room
_PRESENT_AT_ONCE = 500  # members in one command

_members, _rooms = tables.members, tables.rooms

Refusal = Literal["no room", "no attempts", "full", "too many joins"]


@dataclass(frozen=True)
class MemberRow:
    """A stored member of a room, without the member's secret key."""

    room: str
    number: int  # from 1
    nickname: str  # may be empty
    step: int  # where the member is, if the room is free


_COLUMNS = (_members.c.room, _members.c.number, _members.c.nickname, _members.c.step)


@dataclass(frozen=True)
class Newcomer:
    """A visitor who wants to join a room."""

    key: str  # becomes the member's key, unless it belongs to a member of another room
    other_key: str  # a new one
    nickname: str
    visitor: str


Joined = tuple[MemberRow, str]  # a member and the member's key


def join_by_short_code(
    connection: Connection, code: str, newcomer: Newcomer, limits: guesses.Limits, now: float
) -> Joined | Refusal:
    """Let somebody join the room that this short code opens.

    If the code opens no room, the same database commands run for every reason: the room never
    existed, has ended, is full, or can no longer be opened by its short code.
    """
    lock_doors(connection)
    visitor = hash_of(newcomer.visitor)
    if not guesses.visitor_may_try(connection, visitor, limits, now):
        return "no attempts"
    found = select(_rooms.c.room).where(_rooms.c.code == code, has_open_door(now))
    member = _joined(connection, found, newcomer, now)
    if member == "no room":
        guesses.note_wrong(connection, code, visitor, now)
    return member


def may_try_short_code(
    connection: Connection, visitor: str, limits: guesses.Limits, now: float
) -> bool:
    """True if this visitor may try a short code now."""
    return guesses.visitor_may_try(connection, hash_of(visitor), limits, now)


def join_by_full_code(
    connection: Connection, code: str, rest: str, newcomer: Newcomer, now: float
) -> Joined | Refusal:
    """Let somebody join the room with this full code, which consists of `code` and `rest`."""
    found = select(_rooms.c.room, _rooms.c.rest).where(_rooms.c.code == code, is_open(now))
    row = connection.execute(found).one_or_none()
    if row is None or not hmac.compare_digest(row.rest, rest):
        return "no room"
    found = select(_rooms.c.room).where(_rooms.c.room == row.room)
    joined = _joined(connection, found, newcomer, now)
    # Who has the full code knows that there is this room.
    return "full" if joined == "no room" else joined


def load_by_key(connection: Connection, key: str, now: float) -> MemberRow | None:
    """Load the member with this key; None if there is none, or if the room no longer exists."""
    hashed = hash_of(key)
    row = connection.execute(
        select(*_COLUMNS, _members.c.key_hash)
        .join(_rooms, _rooms.c.room == _members.c.room)
        .where(_members.c.key_hash == hashed, exists(now))
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.key_hash, hashed):
        return None
    return _row_of(row)


def load(connection: Connection, room: str, number: int) -> MemberRow | None:
    """Load the member of a room with this number; None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(_is(room, number))).one_or_none()
    return None if row is None else _row_of(row)


def change(connection: Connection, room: str, number: int, now: float, **values: Any) -> None:
    """Change the step or the nickname of a member."""
    changed = {**values, "moves": _members.c.moves + 1, "seen": now}
    connection.execute(update(_members).where(_is(room, number)).values(changed))


def move_all(connection: Connection, room: str, step: int) -> None:
    """Move all members of a room to a lesson step."""
    moved = {"step": step, "moves": _members.c.moves + 1}
    connection.execute(update(_members).where(_members.c.room == room).values(moved))


def note_present(connection: Connection, room: str, numbers: Collection[int], now: float) -> None:
    """Store that these members of a room are present now."""
    ordered = sorted(numbers)
    for first in range(0, len(ordered), _PRESENT_AT_ONCE):
        some = _members.c.number.in_(ordered[first : first + _PRESENT_AT_ONCE])
        connection.execute(update(_members).where(_members.c.room == room, some).values(seen=now))


def nicknames(connection: Connection, room: str) -> dict[int, str]:
    """Load the nicknames of a room's members by the members' numbers."""
    rows = connection.execute(
        select(_members.c.number, _members.c.nickname)
        .where(_members.c.room == room)
        .order_by(_members.c.number)
    )
    return {row.number: row.nickname for row in rows}


def _is(room: str, number: int) -> Any:
    return and_(_members.c.room == room, _members.c.number == number)


def _joined(connection: Connection, found: Any, newcomer: Newcomer, now: float) -> Joined | Refusal:
    """Insert a member into the room that `found` selects, unless the room is full."""
    room = connection.execute(found.with_for_update()).scalar_one_or_none()
    of_key = select(*_COLUMNS).where(_members.c.key_hash == hash_of(newcomer.key))
    known = connection.execute(of_key).one_or_none()
    # Without a room, the same command: its duration must not tell whether there is one.
    in_room = _members.c.room == (room or "")
    last = select(func.coalesce(func.max(_members.c.number), 0)).where(in_room)
    number = connection.execute(last).scalar_one() + 1
    if known is not None and known.room == room:  # the answer to the first attempt was lost
        return _row_of(known), newcomer.key
    if room is None or number > MOST_MEMBERS:
        return "no room"
    visitor = hash_of(newcomer.visitor)
    if not joins.may_join(connection, visitor, now):
        return "too many joins"
    joins.note_join(connection, visitor, now)
    key = newcomer.key if known is None else newcomer.other_key
    row = {"room": room, "number": number, "nickname": newcomer.nickname}
    row["step"] = select(_rooms.c.step).where(_rooms.c.room == room).scalar_subquery()
    times = {"moves": 0, "joined": now, "seen": now}
    connection.execute(insert(_members).values({**row, **times, "key_hash": hash_of(key)}))
    return _row_of(connection.execute(select(*_COLUMNS).where(_is(room, number))).one()), key


def _row_of(row: Any) -> MemberRow:
    return MemberRow(row.room, row.number, row.nickname, row.step)
