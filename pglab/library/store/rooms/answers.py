"""Stores the answers of members. Each function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sqlalchemy import Connection, func, select

from pglab.library.store.inserting import insert_new
from pglab.library.store.rooms import rooms, tables
from pglab.library.store.rooms.rooms import RoomRow

MOST_BYTES = 20_000  # of one answer

_answers = tables.answers

Outcome = Literal["stored", "known", "another", "closed", "no room"]


def save(
    connection: Connection,
    room: str,
    number: int,
    step: int,
    answer: str,
    accepts: Callable[[RoomRow], bool],
    now: float,
) -> Outcome:
    """Store a member's answer in a lesson step, unless the member has already answered.

    Args:
        connection: the transaction.
        room: the room.
        number: the member.
        step: the lesson step.
        answer: the answer as JSON; equal answers are equal texts.
        accepts: a function that says whether the room accepts answers in this step.
        now: the present time.

    Returns:
        "stored" if the answer was stored. Otherwise, the result is the reason: "known" if the same
        answer is already stored, "another" if a different answer is stored, "closed" if the
        question is closed, and "no room" if the room does not exist any more.
    """
    where = _answers.c.room == room, _answers.c.step == step, _answers.c.number == number
    stored = connection.execute(select(_answers.c.answer).where(*where)).scalar_one_or_none()
    if stored is not None:
        return "known" if stored == answer else "another"
    row = rooms.load_unchanged(connection, room, now)
    if row is None:
        return "no room"
    if not accepts(row):
        return "closed"
    values = {"room": room, "step": step, "number": number, "answer": answer, "answered": now}
    if insert_new(connection, _answers, values):
        return "stored"
    # Another tab of the member was faster.
    stored = connection.execute(select(_answers.c.answer).where(*where)).scalar_one()
    return "known" if stored == answer else "another"


def of_member(connection: Connection, room: str, number: int) -> dict[int, str]:
    """Load the answers of a member, by lesson step."""
    rows = connection.execute(
        select(_answers.c.step, _answers.c.answer).where(
            _answers.c.room == room, _answers.c.number == number
        )
    )
    return {row.step: row.answer for row in rows}


def counted(connection: Connection, room: str, step: int) -> dict[str, int]:
    """Count how many members have given each answer in a lesson step."""
    rows = connection.execute(
        select(_answers.c.answer, func.count().label("members"))
        .where(_answers.c.room == room, _answers.c.step == step)
        .group_by(_answers.c.answer)
    )
    return {row.answer: row.members for row in rows}
