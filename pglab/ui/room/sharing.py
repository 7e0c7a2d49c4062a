"""Objects that all pages of rooms in this process share: library, room watch, and threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from typing import ParamSpec, TypeVar

from pglab.classroom.room.live import OpenOwners
from pglab.classroom.room.membership import Member, member_of_key
from pglab.classroom.room.watch import RoomWatch
from pglab.language import _
from pglab.library.keeping.saver import SharedLibrary, shared_library
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.room.addresses import member_key

Arguments = ParamSpec("Arguments")
Found = TypeVar("Found")

THREADS = 4  # that wait for the database at once


class SharedRooms:
    """The library and the watch of this process.

    If the database does not answer for a moment, the app stops saving runs for a minute. A class
    cannot wait a minute for a vote. Therefore, rooms keep using the library that was opened first.
    """

    def __init__(self, shared: SharedLibrary) -> None:
        self._shared = shared
        self._lock = threading.Lock()
        self._library: Library | None = None
        self._watch: RoomWatch | None = None
        self.owners = OpenOwners(self.library)  # the browsers that have open rooms

    def library(self) -> Library:
        """Return the library that rooms use.

        Raises:
            LibraryUnavailable: the library cannot be used now.
        """
        with self._lock:
            if self._library is None:
                self._library = self._shared.get()
            if self._library is None:
                raise LibraryUnavailable(self._shared.problem or _("Rooms need the library."))
            return self._library

    def watch(self) -> RoomWatch:
        """Return the object that watches all rooms which the browsers of this process show.

        Raises:
            LibraryUnavailable: the library cannot be used now.
        """
        library = self.library()
        with self._lock:
            if self._watch is None:
                self._watch = RoomWatch(library)
            return self._watch

    def poke(self) -> None:
        """Tell all browsers of this process at once that a room has changed."""
        with self._lock:
            if self._watch is not None:
                self._watch.poke()

    def member(self, code: str, cookies: Mapping[str, str]) -> Member | None:
        """Return the member with these cookies in the room with this code, or None.

        Raises:
            LibraryUnavailable: the library cannot be used now.
        """
        key = member_key(cookies, code)
        return None if key is None else member_of_key(self.library(), key)


@cache
def shared_rooms() -> SharedRooms:
    """Return the object that all pages of this process share."""
    return SharedRooms(shared_library())


async def in_thread(
    work: Callable[Arguments, Found], *given: Arguments.args, **named: Arguments.kwargs
) -> Found:
    """Run `work`, which may wait for the database, in a thread with the caller's language."""
    call = partial(copy_context().run, work, *given, **named)
    return await asyncio.get_running_loop().run_in_executor(_threads(), call)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="room")
