"""Limits how many wrong short codes can be tried. Each function runs in the caller's transaction.

A guess is a short code that opens no room. If short codes can open d rooms now, a guess uses d of
the attempts of a day, because it could have opened each of these rooms. The module
`pglab.classroom.room.codes` explains the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, ScalarSelect, delete, func, insert, select

from pglab.library.store.rooms import tables
from pglab.library.store.rooms.rooms import DAY, has_open_door

_guesses, _rooms = tables.guesses, tables.rooms


@dataclass(frozen=True)
class Limits:
    """The limits for the attempts with wrong short codes."""

    attempts: int  # within each day, of all visitors together
    of_visitor: int  # of one visitor


def may_try(doors: int, used: int, used_by_visitor: int, limits: Limits) -> bool:
    """True if a visitor may try a short code.

    Args:
        doors: the number of rooms that short codes can open at the moment.
        used: the attempts that all visitors have used within the last day.
        used_by_visitor: the attempts that this visitor has used within the last day.
        limits: the limits for all visitors and for one visitor. The limit for one visitor does not
            apply to a visitor who has used no attempt yet.
    """
    is_fair = not used_by_visitor or used_by_visitor + doors <= limits.of_visitor
    return used + doors <= limits.attempts and is_fair


def doors_now(now: float) -> ScalarSelect[int]:
    """Return an SQL expression for the number of rooms that short codes can open now."""
    return select(func.count()).select_from(_rooms).where(has_open_door(now)).scalar_subquery()


def used_since_yesterday(now: float, visitor_hash: str | None = None) -> ScalarSelect[int]:
    """Return an SQL expression for the attempts of all visitors, or of one, in the last day."""
    used = select(func.coalesce(func.sum(_guesses.c.doors), 0)).where(_guesses.c.tried > now - DAY)
    if visitor_hash is not None:
        used = used.where(_guesses.c.visitor_hash == visitor_hash)
    return used.scalar_subquery()


def visitor_may_try(connection: Connection, visitor_hash: str, limits: Limits, now: float) -> bool:
    """True if a visitor may try a short code now."""
    numbers = doors_now(now), used_since_yesterday(now), used_since_yesterday(now, visitor_hash)
    doors, used, used_by_visitor = connection.execute(select(*numbers)).one()
    return may_try(doors, used, used_by_visitor, limits)


def newcomer_may_try(connection: Connection, limits: Limits, now: float) -> bool:
    """True if a visitor who has not tried any wrong code may try a short code now."""
    doors, used = connection.execute(select(doors_now(now), used_since_yesterday(now))).one()
    return may_try(doors, used, 0, limits)


def note_wrong(connection: Connection, code: str, visitor_hash: str, now: float) -> None:
    """Store that a code has opened no room; it uses an attempt for each room it could have opened.

    Trying the same code again uses no attempts, because the answer tells nothing new. This holds
    until another room can be opened by its short code.
    """
    doors = connection.execute(select(doors_now(now))).scalar_one()
    last_opened = select(func.max(_rooms.c.door_from)).where(has_open_door(now)).scalar_subquery()
    known = select(_guesses.c.code).where(_guesses.c.code == code, _guesses.c.tried > last_opened)
    if doors and connection.execute(known.limit(1)).one_or_none() is None:
        guess = {"code": code, "tried": now, "visitor_hash": visitor_hash, "doors": doors}
        connection.execute(insert(_guesses).values(guess))


def tidy(connection: Connection, now: float) -> None:
    """Delete the guesses that are older than a day, because they no longer count."""
    connection.execute(delete(_guesses).where(_guesses.c.tried <= now - DAY))
