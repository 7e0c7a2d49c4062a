"""Reads the state and the counts of a room with few small commands, for pages that show the room.

Each function runs in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Table, case, func, select, true

from pglab.library.store.rooms import guesses, tables
from pglab.library.store.rooms.rooms import COLUMNS, RoomRow, exists, row_of

PRESENT_SECONDS = 30.0  # after this time without a sign, a member counts as away

_rooms, _members, _answers = tables.rooms, tables.members, tables.answers
_runs, _returns = tables.student_runs, tables.hand_returns


@dataclass(frozen=True)
class Poll:
    """The state and the counts of a room. Any change in the room changes at least one field."""

    row: RoomRow
    doors: int  # rooms of the server that a short code opens
    used: int  # attempts to guess a short code, within the last day
    members: int
    present: int
    moves: int
    answers: int
    runs: int  # how often runs were saved
    returns: int  # how often members have tried by hand


@dataclass(frozen=True)
class StepRow:
    """How many members are at a lesson step, and how many have answered in it."""

    step: int
    here: int
    present: int
    answered: int


def poll(connection: Connection, room: str, now: float) -> Poll | None:
    """Read the state and the counts of a room in one command; None if there is no such room."""
    of_members = (
        select(
            func.count().label("members"),
            func.coalesce(func.sum(_is_present(now)), 0).label("present"),
            func.coalesce(func.sum(_members.c.moves), 0).label("moves"),
        )
        .where(_members.c.room == room)
        .subquery()
    )
    numbers = select(
        *COLUMNS,
        *of_members.c,
        guesses.doors_now(now).label("doors"),
        guesses.used_since_yesterday(now).label("used"),
        _of_room(_answers, func.count(), room).label("answers"),
        _of_room(_runs, func.coalesce(func.sum(_runs.c.saves), 0), room).label("runs"),
        _of_room(_returns, func.coalesce(func.sum(_returns.c.tries), 0), room).label("returns"),
    )
    numbers = numbers.select_from(_rooms.join(of_members, true()))
    found = connection.execute(numbers.where(_rooms.c.room == room, exists(now))).one_or_none()
    if found is None:
        return None
    names = [name for name in Poll.__dataclass_fields__ if name != "row"]
    return Poll(row_of(found), **{name: int(getattr(found, name)) for name in names})


def step_rows(connection: Connection, room: str, now: float) -> dict[int, StepRow]:
    """Count the members and the answers at each lesson step; skip a step if both counts are 0."""
    answered = {
        row.step: row.members
        for row in connection.execute(
            select(_answers.c.step, func.count().label("members"))
            .where(_answers.c.room == room)
            .group_by(_answers.c.step)
        )
    }
    here = {
        row.step: row
        for row in connection.execute(
            select(
                _members.c.step,
                func.count().label("members"),
                func.sum(_is_present(now)).label("present"),
            )
            .where(_members.c.room == room)
            .group_by(_members.c.step)
        )
    }
    return {
        step: StepRow(
            step,
            here[step].members if step in here else 0,
            here[step].present if step in here else 0,
            answered.get(step, 0),
        )
        for step in sorted({*answered, *here})
    }


def _is_present(now: float) -> Any:
    """Return an SQL expression: 1 for a member who was seen lately, and 0 for all others."""
    return case((_members.c.seen > now - PRESENT_SECONDS, 1), else_=0)


def _of_room(table: Table, number: Any, room: str) -> ScalarSelect[Any]:
    return select(number).select_from(table).where(table.c.room == room).scalar_subquery()
