"""Opens rooms, and finds rooms by the teacher's secret key or by the room's name."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection

from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_file import read_lesson, written_lesson
from pglab.classroom.room.codes import DOOR_SECONDS, LIMITS, SHORT, random_code
from pglab.classroom.room.state import (
    RoomError,
    RoomState,
    first_state,
    state_of,
    written_questions,
)
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.problems import TooManyRooms
from pglab.library.store.rooms import guesses, rooms
from pglab.library.store.rooms.rooms import RoomRow
from pglab.library.store.runs.kept import is_address, is_key, new_address

_HOUR = 3_600.0  # seconds
_MOST_CODES = 100  # to try for a new room
_KEY_BYTES = 24  # 192 bits, which `is_key` expects


class NoSuchRoom(RoomError):
    """The room does not exist, or its time is over."""

    def __init__(self) -> None:
        super().__init__(no_such_room())


@dataclass(frozen=True)
class OpenedRoom:
    """A new room. Only the teacher's link may contain the key."""

    room: str
    key: str
    code: str
    full_code: str


@dataclass(frozen=True)
class Room:
    """A room. All times are seconds since 1970."""

    room: str  # names the room; no secret, but it opens nothing
    code: str  # the short code
    full_code: str
    lesson: Lesson
    opened: float
    door_until: float  # until then, the short code can open the room
    expires: float  # then all data of the room are deleted
    state: RoomState


def open_room(library: Library, owner: str, lesson: Lesson) -> OpenedRoom:
    """Open a room with this lesson.

    Args:
        library: the library that stores the room.
        owner: the random key of a browser; the number of its open rooms is limited.
        lesson: the lesson; the room gets a copy that nobody can change.

    Raises:
        RoomError: too many rooms are open.
        LibraryUnavailable: the library cannot be used now.
    """
    library.tidy_hourly()
    room, file = new_address(), written_lesson(lesson)
    key = steering_key(owner, room)
    for _attempt in range(_MOST_CODES):
        row = _new_row(room, lesson, library.quotas.room_hours)
        try:
            if _is_stored(library, row, key, owner, file):
                return OpenedRoom(room, key, row.code, row.code + row.rest)
        except TooManyRooms as error:
            raise RoomError(str(error)) from error
    raise RoomError(_("All codes are taken. Try again later."))


def steering_key(owner: str, room: str) -> str:
    """Compute the teacher's key of a room that the browser with the key `owner` opens.

    The teacher's key is the HMAC-SHA256 of the room's name (RFC 2104). So the library need not
    store the teacher's key, and only this browser can compute it again.
    """
    digest = hmac.digest(owner.encode("utf-8", "surrogatepass"), room.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:_KEY_BYTES]).decode("ascii")


def room_of_key(library: Library, key: str) -> Room:
    """Load the room that has this teacher's key.

    Raises:
        RoomError: there is no such room.
        LibraryUnavailable: the library cannot be used now.
    """
    return _room(library, lambda c, now: rooms.load_by_key(c, key, now) if is_key(key) else None)


def load_room(library: Library, room: str) -> Room:
    """Load the room with this name (`Room.room`).

    Raises:
        RoomError: there is no such room.
        LibraryUnavailable: the library cannot be used now.
    """
    return _room(library, lambda c, now: rooms.load(c, room, now) if is_address(room) else None)


@lru_cache(maxsize=50)
def lesson_of(library: Library, room: str) -> Lesson:
    """Load the lesson of a room. The lesson never changes, so only the first call reads it.

    Raises:
        RoomError: there is no such room.
        LibraryUnavailable: the library cannot be used now.
    """
    return load_room(library, room).lesson


def state_now(library: Library, room: str) -> RoomState:
    """Load the present state of the room with this name; for the errors, see `load_room`."""
    row = library.read(lambda connection: rooms.load(connection, room, time.time()))
    if row is None:
        raise NoSuchRoom
    return state_of(row)


def short_code_works(library: Library, room: Room) -> bool:
    """True if the short code opens the room now, for somebody who has tried no wrong code.

    The short code stops working when the room has ended, when the time of the code is over, or when
    visitors of the server have used all attempts of the day.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    now = time.time()
    if room.state.ended or room.door_until <= now:
        return False
    return library.read(lambda connection: guesses.newcomer_may_try(connection, LIMITS, now))


def delete_room(library: Library, key: str) -> None:
    """Delete the room that has this teacher's key, with all its data.

    Raises:
        RoomError: there is no such room.
        LibraryUnavailable: the library cannot be used now.
    """
    room = room_of_key(library, key).room
    library.write(lambda connection: rooms.delete_room(connection, room))


def no_such_room() -> str:
    """Return the sentence about a room that does not exist, or whose time is over."""
    return _("This room does not exist any more. Open a new one, or ask for its link.")


def _is_stored(library: Library, row: RoomRow, key: str, owner: str, file: str) -> bool:
    """Store a new room; return False if its code is taken."""
    return library.write(lambda c: rooms.open_room(c, row, key, owner, file, time.time()))


def _new_row(room: str, lesson: Lesson, hours: int) -> RoomRow:
    now, code, state = time.time(), random_code(), first_state(lesson)
    return RoomRow(
        room=room,
        code=code[:SHORT],
        rest=code[SHORT:],
        opened=now,
        expires=now + hours * _HOUR,
        ended=None,
        door_from=now,
        door_until=now + DOOR_SECONDS,
        version=1,
        mode=state.mode,
        step=state.step,
        questions=written_questions(state),
        names=state.names,
        live_name="",
        live_title="",
    )


def _room(library: Library, load: Callable[[Connection, float], RoomRow | None]) -> Room:
    """Return the room that `load` finds, with its lesson."""

    def both(connection: Connection) -> tuple[RoomRow | None, str | None]:
        row = load(connection, time.time())
        return row, None if row is None else rooms.load_lesson(connection, row.room)

    row, file = library.read(both)
    if row is None or file is None:
        raise NoSuchRoom
    return Room(
        room=row.room,
        code=row.code,
        full_code=row.code + row.rest,
        lesson=_read(file),
        opened=row.opened,
        door_until=row.door_until,
        expires=row.expires,
        state=state_of(row),
    )


@lru_cache(maxsize=100)
def _read(file: str) -> Lesson:
    return read_lesson(file)
