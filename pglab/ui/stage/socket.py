"""The WebSocket route of the live channels: it sends pictures to browsers that ask for them.

The browser opens the address `live/<name of the channel>` and sends the word "ready" whenever it
has painted a picture. The server answers with the next picture of the run, but not sooner than the
rhythm says. A browser that sends no word gets no picture, so at most one picture is on its way.
"""

from __future__ import annotations

import asyncio
import time

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from pglab.ui.shell.assets import below
from pglab.ui.stage.channel import Channel, find_channel
from pglab.ui.stage.message import message
from pglab.ui.stage.rhythm import shared_rhythm

READY = "ready"
MOST_MESSAGES = 200  # of one browser within `WINDOW`
WINDOW = 2.0  # seconds
AGAIN = 0.01  # seconds until the next attempt, if a run is not free
HIDDEN = 1.0  # a browser that has not painted for so many seconds is probably hidden
MOST_CONNECTIONS = 4  # to one channel: a page that comes back may open it twice for a moment

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
    channel = find_channel(socket.path_params["name"])
    if channel is None or channel.connections >= MOST_CONNECTIONS:
        await socket.close(UNKNOWN if channel is None else TOO_MANY)
        return
    await _Connection(socket, channel).serve()


class _Connection:
    """One browser that shows the run of a channel."""

    def __init__(self, socket: WebSocket, channel: Channel) -> None:
        self._socket = socket
        self._channel = channel
        self._started = asyncio.Event()
        self._ready = asyncio.Event()
        self._known: dict[str, bytes] = {}  # the parts of the latest picture
        self._sequence = -1

    async def serve(self) -> None:
        """Receive words and send pictures, until one of both ends."""
        self._channel.connect(self._started)
        tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._send())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except (WebSocketDisconnect, ConnectionError):
            pass  # the browser has gone
        finally:
            self._channel.disconnect(self._started)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

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
        rhythm = shared_rhythm()
        while True:
            await self._started.wait()
            self._started.clear()
            rhythm.looking += 1
            try:
                await self._follow_run()
            finally:
                rhythm.looking -= 1

    async def _follow_run(self) -> None:
        """Send pictures until the run stops; then tell the browser if the page is outdated."""
        while True:
            await self._wait_until_ready()
            begun = time.perf_counter()
            try:
                drawn = await self._channel.picture(self._sequence)
            except TimeoutError:
                await asyncio.sleep(AGAIN)
                continue
            if drawn is None:
                if self._channel.outdated:
                    await self._socket.send_bytes(message({"outdated": True}, None, {}))
                return
            self._ready.clear()
            head = {
                "sequence": drawn.sequence,
                "script": drawn.script,
                "running": drawn.running,
            }
            packed = message(head, drawn.parts, self._known)
            self._known, self._sequence = drawn.parts, drawn.sequence
            await self._socket.send_bytes(packed)
            await asyncio.sleep(begun + shared_rhythm().interval - time.perf_counter())

    async def _wait_until_ready(self) -> None:
        """Wait until the browser has painted; a hidden tab does not count as looking."""
        if self._ready.is_set():
            return
        try:
            await asyncio.wait_for(self._ready.wait(), HIDDEN)
        except TimeoutError:
            shared_rhythm().looking -= 1
            try:
                await self._ready.wait()
            finally:
                shared_rhythm().looking += 1
