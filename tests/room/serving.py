"""A server with the routes for phones, and the teacher of a room in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette

from pglab.algorithms.agents import AgentConfig
from pglab.classroom.lesson import Lesson
from pglab.classroom.room.opening import OpenedRoom, Room, open_room, room_of_key
from pglab.library.keeping.saver import SharedLibrary
from pglab.library.snapshot import contents_of
from pglab.library.store.library import Library
from pglab.library.store.runs.kept import new_address, new_key
from pglab.library.store.runs.summary import kept_of
from pglab.session.training_session import TrainingSession
from pglab.ui.room.routes import room_routes
from pglab.ui.room.sharing import SharedRooms
from tests.room.client import PhoneClient

BASE = "class/lab"


@dataclass(frozen=True)
class Serving:
    """A running server; `library` is the one that it uses."""

    url: str
    library: Library
    rooms: SharedRooms

    def teacher(self, lesson: Lesson) -> Teacher:
        """Open a room."""
        owner = new_key()
        return Teacher(self, open_room(self.library, owner, lesson), owner)

    async def phone(self, code: str, nickname: str = "") -> PhoneClient:
        """A phone that has joined a room and shows it."""
        phone = PhoneClient(self.url)
        await phone.join(code, nickname)
        await phone.connect()
        return phone


@dataclass(frozen=True)
class Teacher:
    """The teacher of a room."""

    serving: Serving
    opened: OpenedRoom
    owner: str  # the key of the teacher's browser

    @property
    def room(self) -> Room:
        """The room as it is now."""
        return room_of_key(self.serving.library, self.opened.key)

    def make(self, change: Callable[..., Any], *arguments: object) -> None:
        """Make a change of `steering`, as the teacher's page does."""
        version = self.room.state.version
        change(self.serving.library, self.opened.key, version, *arguments)
        self.serving.rooms.poke()


def saved_run(library: Library, owner: str, config: AgentConfig) -> str:
    """Save a short run of a browser, and return its address."""
    session = TrainingSession(config)
    session.advance("step", 20)
    address = new_address()
    library.save(kept_of(contents_of(session), address=address, owner=owner, writer=owner))
    return address


@asynccontextmanager
async def serving(library: Library, base: str = BASE) -> AsyncIterator[Serving]:
    """Run a server at a free port, below the path `base`."""
    rooms = SharedRooms(SharedLibrary(lambda: library))
    app = Starlette(routes=room_routes(base, rooms))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Serving(f"http://127.0.0.1:{port}/{base}", library, rooms)
    finally:
        server.should_exit = True
        await task
