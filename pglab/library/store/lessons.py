"""Stores lessons that visitors have made. Each function runs in the caller's transaction.

Everybody who has the address of a lesson can load the lesson. Only the lesson's owner can change
or delete it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from pglab.language import _
from pglab.library.store.problems import TooManyLessons
from pglab.library.store.runs.kept import hash_of
from pglab.library.store.tables import lessons

MOST_BYTES = 400_000  # of one lesson
_MOST_IN_TITLE = 500
_DAY = 86_400.0  # seconds
# Digits and capital letters that nobody confuses with each other: people may type an address.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 16  # 80 bits of randomness
_ADDRESS = re.compile(f"[{_ALPHABET}]{{{_LENGTH}}}")


@dataclass(frozen=True)
class LessonRow:
    """The facts that a list shows about a stored lesson."""

    address: str
    title: str
    created: datetime


def is_lesson_address(text: str) -> bool:
    """True if the text has the form of a lesson's address, even if there is no such lesson."""
    return _ADDRESS.fullmatch(text) is not None


def check(title: str, content: str) -> None:
    """Raise a ValueError if the title or the content is too long."""
    if len(content.encode()) > MOST_BYTES or len(title) > _MOST_IN_TITLE:
        raise ValueError(f"a lesson takes more than {MOST_BYTES} bytes, or its title is too long")


def save(
    connection: Connection,
    owner: str,
    title: str,
    content: str,
    address: str | None,
    most: int,
    now: float,
) -> str:
    """Replace the owner's lesson at this address; if there is none, store a new lesson.

    A new lesson is not stored if the owner has already stored a lesson with the same content.

    Returns:
        The address of the lesson.

    Raises:
        TooManyLessons: the number of the owner's lessons has reached the limit `most`.
    """
    own = lessons.c.owner_hash == hash_of(owner)
    values = {"title": title, "content": content, "used": now}
    if address is not None:
        replaced = update(lessons).where(own, lessons.c.address == address).values(values)
        if connection.execute(replaced).rowcount:
            return address
    same = select(lessons.c.address).where(own, lessons.c.content == content)
    found: str | None = connection.execute(same.limit(1)).scalar_one_or_none()
    if found is not None:
        connection.execute(update(lessons).where(lessons.c.address == found).values(used=now))
        return found
    _require_room(connection, owner, most)
    new = "".join(secrets.choice(_ALPHABET) for _letter in range(_LENGTH))
    first = {"address": new, "owner_hash": hash_of(owner), "created": now}
    connection.execute(insert(lessons).values({**first, **values}))
    return new


def load(connection: Connection, address: str) -> tuple[str, float] | None:
    """Load the content of a lesson and the time of its last use; None if it is not stored."""
    found = connection.execute(
        select(lessons.c.content, lessons.c.used).where(lessons.c.address == address)
    ).one_or_none()
    return None if found is None else (found.content, found.used)


def is_due(used: float, now: float) -> bool:
    """True if the stored time of the last use is more than a day old."""
    return now - used > _DAY


def note_use(connection: Connection, address: str, now: float) -> None:
    """Store `now` as the time of the lesson's last use."""
    connection.execute(update(lessons).where(lessons.c.address == address).values(used=now))


def lessons_of(connection: Connection, owner: str) -> list[LessonRow]:
    """List the lessons of an owner, the newest first."""
    rows = connection.execute(
        select(lessons.c.address, lessons.c.title, lessons.c.created)
        .where(lessons.c.owner_hash == hash_of(owner))
        .order_by(lessons.c.created.desc(), lessons.c.address)
    )
    return [
        LessonRow(row.address, row.title, datetime.fromtimestamp(row.created, UTC)) for row in rows
    ]


def delete_lesson(connection: Connection, owner: str, address: str) -> bool:
    """Delete a lesson of an owner; return True if there was one."""
    own = lessons.c.owner_hash == hash_of(owner)
    deleted = connection.execute(delete(lessons).where(own, lessons.c.address == address))
    return deleted.rowcount > 0


def tidy(connection: Connection, begin: float) -> None:
    """Delete the lessons that nobody has saved or loaded since `begin`."""
    connection.execute(delete(lessons).where(lessons.c.used < begin))


def _require_room(connection: Connection, owner: str, most: int) -> None:
    number = connection.execute(
        select(func.count()).select_from(lessons).where(lessons.c.owner_hash == hash_of(owner))
    ).scalar_one()
    if number >= most:
        raise TooManyLessons(
            _("You have {n} lessons, and more are not possible. Delete one first.").format(n=number)
        )
