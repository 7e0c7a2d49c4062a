"""Limits how many members can join from one network address.

Without this limit, a program that joins again and again would fill the database and the rooms of
all teachers. Each function runs in the caller's transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection, case, delete, select, update

from pglab.library.store.inserting import insert_new
from pglab.library.store.rooms import tables

HOUR = 3_600.0  # seconds
# New members from one address within an hour. Several classes may share the address of a school.
MOST_JOINS = 1_000

_joins = tables.joins


def may_join(connection: Connection, visitor_hash: str, now: float) -> bool:
    """True if somebody may still join from this address."""
    joined = select(_joins.c.joined).where(
        _joins.c.visitor_hash == visitor_hash, _joins.c.since > now - HOUR
    )
    return (connection.execute(joined).scalar_one_or_none() or 0) < MOST_JOINS


def note_join(connection: Connection, visitor_hash: str, now: float) -> None:
    """Count a new member from this address; if the counted hour is over, begin a new hour."""
    if insert_new(connection, _joins, {"visitor_hash": visitor_hash, "since": now, "joined": 1}):
        return
    is_over = _joins.c.since <= now - HOUR
    counted = {
        "since": case((is_over, now), else_=_joins.c.since),
        "joined": case((is_over, 1), else_=_joins.c.joined + 1),
    }
    connection.execute(update(_joins).where(_joins.c.visitor_hash == visitor_hash).values(counted))


def tidy(connection: Connection, now: float) -> None:
    """Delete the counts of the hours that are over."""
    connection.execute(delete(_joins).where(_joins.c.since <= now - HOUR))
