"""The routes of the phones' pages, which the app serves in addition to Streamlit's routes."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route, WebSocketRoute

from pglab.ui.room.addresses import JOIN, LIVE, TRAIN
from pglab.ui.room.connections.phones import Phones
from pglab.ui.room.files import file_routes
from pglab.ui.room.pages import Pages
from pglab.ui.room.sharing import SharedRooms, shared_rooms
from pglab.ui.shell.assets import below


def room_routes(base_path: str, rooms: SharedRooms | None = None) -> list[BaseRoute]:
    """Return the routes for phones.

    Args:
        base_path: the path of the app.
        rooms: the library and the watch; by default, those of the process. Only tests pass others.
    """
    rooms = rooms or shared_rooms()
    pages, phones = Pages(rooms, base_path), Phones(rooms)
    form = below(base_path, JOIN)
    return [
        Route(form, pages.form, methods=["GET"]),
        Route(form, pages.join, methods=["POST"]),
        Route(f"{form}/", pages.form, methods=["GET"]),
        Route(f"{form}/{{code}}", pages.room, methods=["GET"]),
        Route(f"{form}/{{code}}/{TRAIN}/{{step:int}}", pages.train, methods=["GET"]),
        WebSocketRoute(f"{form}/{{code}}/{LIVE}", phones.serve),
        *file_routes(base_path),
    ]
