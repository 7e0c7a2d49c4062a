"""The WebSocket route of the live channels: it sends pictures to browsers that ask for them.

The browser opens the address `live/<name of the channel>` and sends the word "ready" whenever it
has painted a picture. The server answers with the next picture of the run, at the earliest after
the interval that `rhythm.py` computes. The server sends no picture before the word "ready", so at
most one picture is on its way to a browser.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from weakref import ref

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketState
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from pglab.ui.shell.assets import below
from pglab.ui.stage.channel import Channel, find_channel
from pglab.ui.stage.duplex import until_one_ends
from pglab.ui.stage.message import Drawn, message
from pglab.ui.stage.rhythm import shared_rhythm

READY = "ready"
MOST_MESSAGES = 200  # most messages from one browser within `WINDOW` seconds
WINDOW = 2.0
AGAIN = 0.01  # seconds until the next attempt if another thread uses the run
# After this many seconds without a picture, a watcher's connection checks whether the owner's tab
# is hidden.
ALONE = 0.5
HIDDEN = 1.0  # if a browser has not painted for this many seconds, its tab is probably hidden
MOST_CONNECTIONS = 4  # of one owner; a page that reconnects may briefly have two connections
MOST_WATCHERS = 500  # of one run

# Codes that tell the browser why the server closes the connection.
UNKNOWN, REFUSED, TOO_MANY = 4404, 4403, 4429


def live_route(base_path: str) -> WebSocketRoute:
    """Return the WebSocket route of all live channels; `base_path` is the path of the app."""
    return WebSocketRoute(below(base_path, "live/{name}"), _serve)


async def _serve(socket: WebSocket) -> None:
    """Serve one connection until the browser or the server closes it."""
    if not _is_origin_allowed(socket.headers.get("origin"), socket.headers.get("host")):
        await socket.close(REFUSED)
        return
    await socket.accept()
    connection = _connection(socket)  # so this function has no reference to the channel
    if isinstance(connection, int):
        await socket.close(connection)
    else:
        await connection.serve()


def _connection(socket: WebSocket) -> _Connection | int:
    """Return a browser's connection to the channel that it names, or the code of a refusal."""
    name = socket.path_params["name"]
    channel = find_channel(name)
    if channel is None:
        return UNKNOWN
    watches = name == channel.watch_name
    most = MOST_WATCHERS if watches else MOST_CONNECTIONS
    if (channel.watchers if watches else channel.connections) >= most:
        return TOO_MANY
    return _Connection(socket, channel, watches=watches)


class _Connection:
    """The connection of one browser to a channel. The browser's user is the owner or a watcher."""

    def __init__(self, socket: WebSocket, channel: Channel, *, watches: bool) -> None:
        self._socket = socket
        self._name = socket.path_params["name"]
        self._watches = watches
        self._started = asyncio.Event()
        self._ready = asyncio.Event()
        self._known: Drawn | None = None  # the latest picture that the browser has
        self._left = False  # whether a watcher knows that the owner has left
        loop = asyncio.get_running_loop()

        def ended(_channel: ref[Channel]) -> None:
            with suppress(RuntimeError):  # the server is stopping
                loop.call_soon_threadsafe(self._started.set)

        # The reference is weak, so a watcher does not keep a run alive after its owner has gone.
        self._channel = ref(channel, ended)

    async def serve(self) -> None:
        """Receive messages and send pictures, until receiving or sending ends."""
        self._connect()
        await until_one_ends(self._receive(), self._send(), self._disconnect)

    def _connect(self) -> None:
        channel = self._channel()
        if channel is not None:
            channel.connect(self._started, watches=self._watches)

    def _disconnect(self) -> None:
        channel = self._channel()
        if channel is not None:
            channel.disconnect(self._started, watches=self._watches)

    async def _receive(self) -> None:
        """Record that the browser is ready; close the connection after any other message."""
        begun, count = time.perf_counter(), 0
        while True:
            word = await self._socket.receive()
            if word["type"] == "websocket.disconnect":
                return
            now = time.perf_counter()
            if now > begun + WINDOW:
                begun, count = now, 0
            count += 1
            if word.get("text") != READY or count > MOST_MESSAGES:
                if self._socket.application_state == WebSocketState.CONNECTED:
                    await self._socket.close(TOO_MANY if count > MOST_MESSAGES else REFUSED)
                return
            self._ready.set()

    async def _send(self) -> None:
        """Send the pictures of the run one by one; send each picture when the browser is ready."""
        while True:
            await self._wait_until_started()
            self._look(1)
            try:
                going_on = await self._follow_run()
            finally:
                self._look(-1)
            if not going_on:
                await self._socket.close(UNKNOWN)
                return

    async def _wait_until_started(self) -> None:
        """Wait until there may be a picture. In a run, `ALONE` limits a watcher's waiting time."""
        alone = self._watches and self._known is not None and self._known.running
        # `asyncio.wait_for` is not used, because before Python 3.12 it may swallow a cancellation.
        with suppress(TimeoutError):
            async with asyncio.timeout(ALONE if alone else None):
                await self._started.wait()
        self._started.clear()

    def _look(self, change: int) -> None:
        """Add `change` to the number of visitors for whom the server draws.

        Watchers are not counted, because they share the owner's pictures.
        """
        if not self._watches:
            shared_rhythm().looking += change

    async def _follow_run(self) -> bool:
        """Send pictures until the run stops; return False if the channel no longer exists."""
        while True:
            await self._wait_until_ready()
            begun = time.perf_counter()
            try:
                going_on, interval = await self._send_next()
            except TimeoutError:
                await asyncio.sleep(AGAIN)
                continue
            if interval is None:
                return going_on
            if interval:
                await asyncio.sleep(begun + interval - time.perf_counter())

    async def _send_next(self) -> tuple[bool, float | None]:
        """Send the next picture, or send the reason why there is no picture.

        Returns whether the channel still exists, and the seconds until the next picture. The
        seconds are None if the run has stopped. For a watcher, the seconds are 0, because the
        watcher gets the owner's pictures. Raises TimeoutError if another thread uses the run.
        """
        channel = self._channel()
        if channel is None or self._name not in (channel.name, channel.watch_name):
            return False, None
        sequence = -1 if self._known is None else self._known.sequence
        drawn = await channel.picture(sequence, watches=self._watches)
        if drawn is not None:
            self._ready.clear()
            await self._socket.send_bytes(drawn.message(self._known, watched=self._watches))
            self._known = drawn
            return True, 0.0 if self._watches else channel.interval
        left = not channel.is_open
        if self._watches and left != self._left:
            self._left = left
            await self._socket.send_bytes(message({"left": left}, None, {}))
        elif channel.outdated and not self._watches:
            await self._socket.send_bytes(message({"outdated": True}, None, {}))
        return True, None

    async def _wait_until_ready(self) -> None:
        """Wait until the browser has painted the last picture.

        While an owner's tab is hidden, the owner is not counted; see `_look`. Watchers are never
        counted, so they wait without a timer. With many watchers, timers took a fifth of the
        server's time.
        """
        if self._ready.is_set() or self._watches:
            await self._ready.wait()
            return
        try:
            async with asyncio.timeout(HIDDEN):
                await self._ready.wait()
        except TimeoutError:
            self._look(-1)
            try:
                await self._ready.wait()
            finally:
                self._look(1)
