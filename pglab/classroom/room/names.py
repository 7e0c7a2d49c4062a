"""Reads data of members, together with their nicknames if the room shows nicknames."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from pglab.classroom.room.opening import NoSuchRoom
from pglab.library.store.library import Library
from pglab.library.store.rooms import members, rooms

Found = TypeVar("Found")


def with_names(
    library: Library, room: str, load: Callable[[Connection], Found]
) -> tuple[Found, dict[int, str]]:
    """Return the data that `load` reads, and the nicknames by the members' numbers.

    If the room does not show nicknames, none are returned.

    Raises:
        RoomError: the room does not exist any more.
        LibraryUnavailable: the library cannot be used now.
    """

    def work(connection: Connection) -> tuple[Found, dict[int, str]] | None:
        row = rooms.load(connection, room, time.time())
        if row is None:
            return None
        return load(connection), members.nicknames(connection, room) if row.names else {}

    found = library.read(work)
    if found is None:
        raise NoSuchRoom
    return found
