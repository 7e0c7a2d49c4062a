"""All phones that are connected to this process, and the rooms that they show."""

from __future__ import annotations

import asyncio
import logging

from starlette.websockets import WebSocket
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from pglab.classroom.room.membership import MemberView, member_of_key, note_present, view_of_member
from pglab.classroom.room.state import RoomError
from pglab.config.links import LANGUAGE
from pglab.language import DEFAULT_LANGUAGE, use_language
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.room.addresses import member_key
from pglab.ui.room.connections.followed import FollowedRoom
from pglab.ui.room.connections.phone import AGAIN_LATER, REFUSED, REPLACED, UNKNOWN, Phone
from pglab.ui.room.sharing import SharedRooms, in_thread

MOST_OF_MEMBER = 4  # connections; a phone that has lost the network leaves old ones behind
MOST_PHONES = 3_000  # connections of one process
PRESENCE_SECONDS = 10.0  # between two notes that the members are present

_log = logging.getLogger(__name__)


class Phones:
    """The connected phones. Only the thread of the server may use this object."""

    def __init__(self, rooms: SharedRooms) -> None:
        self._rooms = rooms
        self._followed: dict[str, FollowedRoom] = {}  # by the name of the room
        self._noting: asyncio.Task[None] | None = None

    async def serve(self, socket: WebSocket) -> None:
        """Serve the connection of one phone until it ends."""
        use_language(socket.query_params.get(LANGUAGE, DEFAULT_LANGUAGE))
        if not _is_origin_allowed(socket.headers.get("origin"), socket.headers.get("host")):
            await socket.close(REFUSED)
            return
        await socket.accept()
        if self.number >= MOST_PHONES:
            await socket.close(AGAIN_LATER)
            return
        key = member_key(socket.cookies, socket.path_params["code"])
        try:
            view = None if key is None else await in_thread(self._view, key)
            if view is None:
                await socket.close(UNKNOWN)
                return
            followed = self._follow(view)
        except LibraryUnavailable:
            await socket.close(AGAIN_LATER)
            return
        await self._serve(Phone(socket, self._rooms, followed, view), followed)

    @property
    def number(self) -> int:
        """The number of connections."""
        return sum(len(followed.phones) for followed in self._followed.values())

    def _view(self, key: str) -> MemberView | None:
        """Return what the phone with this key shows, or None if the key belongs to no room."""
        library = self._rooms.library()
        member = member_of_key(library, key)
        try:
            return None if member is None else view_of_member(library, member)
        except RoomError:  # the room has been deleted meanwhile
            return None

    def _follow(self, view: MemberView) -> FollowedRoom:
        """Return the room of a member. If nobody follows the room yet, start to follow it."""
        name = view.room.room
        if name not in self._followed:
            followed = FollowedRoom(self._rooms, view.room)
            followed.start()
            self._followed[name] = followed
        return self._followed[name]

    async def _serve(self, phone: Phone, followed: FollowedRoom) -> None:
        of_member = [p for p in followed.phones if p.member.number == phone.member.number]
        followed.phones[phone] = None
        if self._noting is None:
            self._noting = asyncio.create_task(self._note_presence())
        try:
            too_many = max(len(of_member) + 1 - MOST_OF_MEMBER, 0)
            for old in of_member[:too_many]:
                await old.close(REPLACED)
            await phone.serve()
        finally:
            del followed.phones[phone]
            if not followed.phones and self._followed.get(followed.room.room) is followed:
                del self._followed[followed.room.room]
                followed.stop()

    async def _note_presence(self) -> None:
        """While there are phones, store every few seconds which members are present."""
        try:
            while self._followed:
                await self._note_presence_once()
                await asyncio.sleep(PRESENCE_SECONDS)
        finally:
            self._noting = None

    async def _note_presence_once(self) -> None:
        present = [phone.member for f in self._followed.values() for phone in f.phones]
        try:
            await in_thread(note_present, self._rooms.library(), present)
        except LibraryUnavailable as error:
            _log.warning("The presence of phones is not noted: %s", error)
