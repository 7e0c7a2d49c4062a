"""Finds the open rooms of a browser, and shows a run of the teacher on all phones of a room.

A room stores only the name under which others watch the run. The pictures come from the process
that trains the run. The browser that has opened a room may show runs in this room without the
room's key, because the page of a run does not know the key. Another browser with the key can take
over this right.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from pglab.classroom.room.opening import NoSuchRoom, lesson_of, steering_key
from pglab.classroom.room.state import LiveRun, RoomError, state_of
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.store.rooms import rooms
from pglab.library.store.runs.kept import hash_of

MOST_OFFERED = 3  # rooms of one browser, the newest
LOOK_SECONDS = 5.0  # between two looks at which browsers have open rooms
WAIT_SECONDS = 60.0  # after a look that failed


@dataclass(frozen=True)
class OwnRoom:
    """An open room of a browser, and the run that the room shows."""

    room: str
    code: str
    title: str  # of the lesson
    live: LiveRun | None


def own_rooms(library: Library, owner: str, most: int = MOST_OFFERED) -> list[OwnRoom]:
    """Load the newest open rooms of a browser.

    Args:
        library: the library that stores the rooms.
        owner: the random key of the browser.
        most: the greatest number of rooms.

    Raises:
        RoomError: a stored room is damaged, or was deleted at this moment.
        LibraryUnavailable: the library cannot be used now.
    """
    rows = library.read(lambda c: rooms.load_open_of(c, owner, time.time(), most))
    return [
        OwnRoom(row.room, row.code, lesson_of(library, row.room).title, state_of(row).live)
        for row in rows
    ]


def steered_rooms(library: Library, owner: str) -> dict[str, OwnRoom]:
    """Load the open rooms that a browser has opened, newest first; return them by teacher's key.

    Rooms that one browser has taken over from another are missing, because their keys cannot be
    computed from `owner`.

    Raises:
        RoomError: a stored room is damaged, or was deleted at this moment.
        LibraryUnavailable: the library cannot be used now.
    """
    own = own_rooms(library, owner, rooms.MOST_OF_OWNER)
    by_key = {steering_key(owner, room.room): room for room in own}
    fitting = library.read(lambda c: [k for k in by_key if rooms.load_by_key(c, k, time.time())])
    return {key: by_key[key] for key in fitting}


class OpenOwners:
    """Knows which browsers have open rooms. One small query serves all visitors of a process."""

    def __init__(self, library: Callable[[], Library], seconds: float = LOOK_SECONDS) -> None:
        """`seconds` is the least time between two queries."""
        self._library, self._seconds = library, seconds
        self._lock = threading.Lock()
        self._due = 0.0
        self._known: frozenset[str] = frozenset()  # the hashes of the browsers' keys
        self._noted: frozenset[str] = frozenset()  # since the last query began

    def note(self, owner: str) -> None:
        """Remember that this browser has just opened a room, or has taken one over."""
        with self._lock:
            self._noted |= {hash_of(owner)}

    def has_room(self, owner: str) -> bool:
        """Whether this browser has an open room.

        If another process has opened the room, the answer may be a few seconds old. While the
        library cannot be used, the result is the last known answer.
        """
        with self._lock:
            is_due = time.monotonic() >= self._due
            if is_due:  # the others need not wait: they use what is known
                self._due = time.monotonic() + self._seconds
                self._known, self._noted = self._known | self._noted, frozenset()
        if is_due:
            self._look()
        with self._lock:
            return hash_of(owner) in self._known | self._noted

    def _look(self) -> None:
        try:
            found = self._library().read(lambda c: rooms.open_owners(c, time.time()))
        except LibraryUnavailable:
            with self._lock:
                self._due = time.monotonic() + WAIT_SECONDS
            return
        with self._lock:
            self._known = frozenset(found)


def show_run(library: Library, room: str, owner: str, run: LiveRun) -> None:
    """Let all phones of a room show this run instead of any other run.

    Raises:
        RoomError: this browser has no such open room.
        LibraryUnavailable: the library cannot be used now.
    """

    def show(connection: Connection) -> bool:
        return rooms.show_live(connection, room, owner, run.name, run.title, time.time())

    if not library.write(show):
        raise RoomError(_("This room has ended, or another browser shows runs in it now."))


def hide_live_run(library: Library, name: str, room: str | None = None) -> None:
    """Stop showing the run with this name in this room, or in all rooms if `room` is None.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    library.write(lambda connection: rooms.hide_live(connection, name, room))


def may_show_runs(library: Library, room: str, owner: str) -> bool:
    """Whether this browser may show its runs in a room.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    return library.read(lambda connection: rooms.is_of(connection, room, owner))


def show_runs_from(library: Library, key: str, owner: str) -> None:
    """Let only this browser show its runs in the room that has this teacher's key.

    Raises:
        RoomError: there is no such room.
        LibraryUnavailable: the library cannot be used now.
    """
    if not library.write(lambda c: rooms.give_to(c, key, owner, time.time())):
        raise NoSuchRoom
