"""Stores the progress of a visitor in a lesson. Each function runs in the caller's transaction."""

from __future__ import annotations

import json

from sqlalchemy import Connection, delete, insert, select, update

from pglab.library.store.runs.kept import hash_of
from pglab.library.store.tables import lesson_progress

MOST_BYTES = 400_000  # of the facts of one lesson
_MOST_IN_LESSON = 100  # characters of the text that names a lesson


def check(lesson: str, facts_json: str) -> None:
    """Raise a ValueError if the facts are not JSON, or if a text is too long."""
    if not 0 < len(lesson) <= _MOST_IN_LESSON:
        raise ValueError(f"the name of a lesson has 1 to {_MOST_IN_LESSON} characters")
    if len(facts_json.encode()) > MOST_BYTES:
        raise ValueError(f"the facts of a lesson take more than {MOST_BYTES} bytes")
    json.loads(facts_json)


def save(
    connection: Connection, owner: str, lesson: str, facts_json: str, most: int, now: float
) -> None:
    """Store the facts of an owner's lesson; they replace the earlier facts of this lesson.

    For each owner, only the facts of the lessons that were saved last are kept; `most` is the
    number of these lessons.
    """
    own = lesson_progress.c.owner_hash == hash_of(owner)
    values = {"facts": facts_json, "saved": now}
    changed = connection.execute(
        update(lesson_progress).where(own, lesson_progress.c.lesson == lesson).values(values)
    )
    if changed.rowcount:
        return
    first = {"owner_hash": hash_of(owner), "lesson": lesson}
    connection.execute(insert(lesson_progress).values({**first, **values}))
    newest_first = lesson_progress.c.saved.desc(), lesson_progress.c.lesson
    kept = select(lesson_progress.c.lesson).where(own).order_by(*newest_first).limit(most)
    connection.execute(delete(lesson_progress).where(own, lesson_progress.c.lesson.not_in(kept)))


def load(connection: Connection, owner: str, lesson: str) -> str | None:
    """Return the stored facts of this owner's lesson; None if there are none."""
    return connection.execute(
        select(lesson_progress.c.facts).where(
            lesson_progress.c.owner_hash == hash_of(owner), lesson_progress.c.lesson == lesson
        )
    ).scalar_one_or_none()


def tidy(connection: Connection, begin: float) -> None:
    """Delete the facts that were saved before `begin`."""
    connection.execute(delete(lesson_progress).where(lesson_progress.c.saved < begin))
