"""The WebSocket route of the live channels: it sends pictures to browsers that ask for them.

The browser opens the address `live/<name of the channel>` and sends the word "ready" whenever it
has painted a picture. The server answers with the next picture of the run, but not sooner than the
rhythm says. A browser that sends no word gets no picture, so at most one picture is on its way.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from weakref import ref

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from pglab.ui.shell.assets import below
from pglab.ui.stage.channel import Channel, find_channel
from pglab.ui.stage.message import Drawn, message
from pglab.ui.stage.rhythm import shared_rhythm

READY = "ready"
MOST_MESSAGES = 200  # of one browser within `WINDOW`
WINDOW = 2.0  # seconds
AGAIN = 0.01  # seconds until the next attempt, if a run is not free
ALONE = 0.5  # seconds without a picture; then a watcher looks whether the owner's tab is hidden
HIDDEN = 1.0  # a browser that has not painted for so many seconds is probably hidden
MOST_CONNECTIONS = 4  # of the owner: a page that comes back may open it twice for a moment
MOST_WATCHERS = 500  # of one run

# Codes that tell the browser why the server closes the connection.
UNKNOWN, REFUSED, TOO_MANY = 4404, 4403, 4429


def live_route(base_path: str) -> WebSocketRoute:
    """Return the route of all channels, below the path at which the app is served."""
    return WebSocketRoute(below(base_path, "live/{name}"), _serve)


async def _serve(socket: WebSocket) -> None:
    """Serve one connection until the browser or the server closes it."""
    if not _is_origin_allowed(socket.headers.get("origin"), socket.headers.get("host")):
        await socket.close(REFUSED)
        return
    await socket.accept()
    connection = _connection(socket)  # this function keeps no channel alive
    if isinstance(connection, int):
        await socket.close(connection)
    else:
        await connection.serve()


def _connection(socket: WebSocket) -> _Connection | int:
    """Connect a browser with the channel that it names, or return the code that refuses it."""
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
    """One browser that shows the run of a channel: the owner's, or that of a watcher."""

    def __init__(self, socket: WebSocket, channel: Channel, *, watches: bool) -> None:
        self._socket = socket
        self._name = socket.path_params["name"]
        self._watches = watches
        self._started = asyncio.Event()
        self._ready = asyncio.Event()
        self._known: Drawn | None = None  # the latest picture
        self._left = False  # whether a watcher knows that the owner has left
        loop = asyncio.get_running_loop()

        def ended(_channel: ref[Channel]) -> None:
            with suppress(RuntimeError):  # the server stops
                loop.call_soon_threadsafe(self._started.set)

        # A watcher keeps no run alive whose owner has gone.
        self._channel = ref(channel, ended)

    async def serve(self) -> None:
        """Receive words and send pictures, until one of both ends."""
        self._connect()
        tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._send())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except (WebSocketDisconnect, ConnectionError):
            pass  # the browser has gone
        finally:
            self._disconnect()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _connect(self) -> None:
        channel = self._channel()
        if channel is not None:
            channel.connect(self._started, watches=self._watches)

    def _disconnect(self) -> None:
        channel = self._channel()
        if channel is not None:
            channel.disconnect(self._started, watches=self._watches)

    async def _receive(self) -> None:
        """Note that the browser is ready; close the connection if it sends anything else."""
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
        """Send one picture of the run after another, each when the browser is ready."""
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
        """Wait until there may be a picture; watchers also look by themselves during a run."""
        alone = self._watches and self._known is not None and self._known.running
        # Not `asyncio.wait_for`: until Python 3.12, it may swallow a cancellation.
        with suppress(TimeoutError):
            async with asyncio.timeout(ALONE if alone else None):
                await self._started.wait()
        self._started.clear()

    def _look(self, change: int) -> None:
        """Count those for whom the server draws; watchers share the owner's pictures."""
        if not self._watches:
            shared_rhythm().looking += change

    async def _follow_run(self) -> bool:
        """Send pictures until the run stops; return False if the channel has ended."""
        while True:
            await self._wait_until_ready()
            begun = time.perf_counter()
            try:
                going_on, interval = await self._send_next()
            except TimeoutError:
                await asyncio.sleep(AGAIN)
                continue
            if not interval:
                return going_on
            await asyncio.sleep(begun + interval - time.perf_counter())

    async def _send_next(self) -> tuple[bool, float]:
        """Send the next picture, or else tell why there is none.

        Returns whether the channel still exists, and the seconds until the next picture; 0 if the
        run has stopped. Raises TimeoutError if the run is not free.
        """
        channel = self._channel()
        if channel is None or self._name not in (channel.name, channel.watch_name):
            return False, 0.0
        sequence = -1 if self._known is None else self._known.sequence
        drawn = await channel.picture(sequence, watches=self._watches)
        if drawn is not None:
            self._ready.clear()
            await self._socket.send_bytes(drawn.message(self._known, watched=self._watches))
            self._known = drawn
            return True, AGAIN if self._watches else channel.interval
        left = not channel.is_open
        if self._watches and left != self._left:
            self._left = left
            await self._socket.send_bytes(message({"left": left}, None, {}))
        elif channel.outdated and not self._watches:
            await self._socket.send_bytes(message({"outdated": True}, None, {}))
        return True, 0.0

    async def _wait_until_ready(self) -> None:
        """Wait until the browser has painted; a hidden tab does not count as looking."""
        if self._ready.is_set():
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
