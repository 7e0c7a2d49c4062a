"""The open rooms of a browser, and the run of their teacher that all phones show.

The room stores only the name with which others watch the run. The pictures come from the process in
which the run lives. The browser that has opened a room may show runs in it, because the page of a
run need not know the room's key. With the key, another browser can become this browser.
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
    """An open room of a browser, and the run that it shows."""

    room: str
    code: str
    title: str  # of the lesson
    live: LiveRun | None


def own_rooms(library: Library, owner: str, most: int = MOST_OFFERED) -> list[OwnRoom]:
    """The newest open rooms of a browser.

    Args:
        library: stores the rooms.
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
    """The open rooms that a browser has opened, by their teacher's keys; the newest first.

    A room that another browser has taken over is missing, because its key cannot be found again.

    Raises:
        RoomError: a stored room is damaged, or was deleted at this moment.
        LibraryUnavailable: the library cannot be used now.
    """
    own = own_rooms(library, owner, rooms.MOST_OF_OWNER)
    by_key = {steering_key(owner, room.room): room for room in own}
    fitting = library.read(lambda c: [k for k in by_key if rooms.load_by_key(c, k, time.time())])
    return {key: by_key[key] for key in fitting}


class OpenOwners:
    """Knows which browsers have open rooms, with one small query for all visitors of a process."""

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
        """Whether this browser has an open room; a few seconds late if another process knows it.

        While the library cannot be used, the answer is what was known before.
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
    """Let all phones of a room show this run. It takes the place of another one.

    Raises:
        RoomError: this browser has no such open room.
        LibraryUnavailable: the library cannot be used now.
    """

    def show(connection: Connection) -> bool:
        return rooms.show_live(connection, room, owner, run.name, run.title, time.time())

    if not library.write(show):
        raise RoomError(_("This room has ended, or another browser shows runs in it now."))


def hide_live_run(library: Library, name: str, room: str | None = None) -> None:
    """Show the run with this name no more, in this room or in all rooms.

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
    """Let this browser, and no other one, show its runs in the room of this teacher's key.

    Raises:
        RoomError: there is no such room.
        LibraryUnavailable: the library cannot be used now.
    """
    if not library.write(lambda c: rooms.give_to(c, key, owner, time.time())):
        raise NoSuchRoom
