"""A simulated phone: it joins a room with a form, then follows the room by its WebSocket."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import websockets

PATIENCE = 20.0  # seconds


@dataclass(frozen=True)
class Reply:
    """What a server answers to a request."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class PhoneClient:
    """A phone. `url` is the address of the app without a slash at its end."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = ""  # of the room's page
    view: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)  # all messages
    waits: list[float] = field(default_factory=list)  # seconds from an answer to "received"
    _socket: Any = None

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Reply:
        """Make a request to a path below the app, with the phone's cookies."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
        form = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        sent = {"Host": parts.netloc, "Cookie": self.cookie, **form, **headers}
        connection.request(method, f"{parts.path}/{path}", body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, content = value.partition(";")[0].partition("=")
                self.cookies[key] = content
        connection.close()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)

    @property
    def cookie(self) -> str:
        """The header with the phone's cookies."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def join(self, code: str, nickname: str = "") -> Reply:
        """Send the form for a code; after success, `address` is that of the room."""
        body = urlencode({"code": code, "nickname": nickname})
        reply = last = await asyncio.to_thread(self.ask, "POST", "join", body)
        self.address = ""
        base = urlsplit(self.url).path
        while "location" in last.headers:  # a browser follows
            self.address = last.headers["location"]
            last = await asyncio.to_thread(self.ask, "GET", self.address.removeprefix(f"{base}/"))
        return reply

    async def connect(self, *, follow: bool = True) -> None:
        """Open the WebSocket of the room. With `follow`, wait for what the phone shows first."""
        parts = urlsplit(self.url)
        path, _mark, query = self.address.partition("?")
        address = f"ws://{parts.netloc}{path}/live" + (f"?{query}" if query else "")
        headers = {"Cookie": self.cookie, "Origin": f"http://{parts.netloc}"}
        self._socket = await websockets.connect(address, additional_headers=headers)
        self.view = {}
        if follow:
            await self.until(lambda: bool(self.view))

    async def send(self, message: object) -> None:
        """Send a message, or a text as it is."""
        await self._socket.send(message if isinstance(message, str) else json.dumps(message))

    async def next(self) -> dict[str, Any]:
        """Wait for the next message."""
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self._socket.recv(), PATIENCE))
        self.got.append(message)
        self.view = message.get("view", self.view)
        if "me" in message:
            self.answers, self.number = message["me"]["answers"], message["me"]["number"]
        if "received" in message:
            self.answers[str(message["received"]["step"])] = message["received"]["answer"]
        return message

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for messages until a condition is true."""
        while not true():
            await self.next()

    async def answer(self, step: int, **facts: Any) -> dict[str, Any]:
        """Answer a question; return the server's message about the answer."""
        begun = time.perf_counter()
        await self.send({"step": step, "answer": facts})
        while True:
            message = await self.next()
            if not message.keys().isdisjoint(("received", "refused", "later")):
                self.waits.append(time.perf_counter() - begun)
                return message

    async def closed(self) -> int:
        """Wait until the server closes the connection, and return its code."""
        while not self._socket.close_code:
            with suppress(websockets.ConnectionClosed):
                await self.next()
        return int(self._socket.close_code)

    async def leave(self) -> None:
        """Close the connection, as if the network was lost."""
        if self._socket is not None:
            await self._socket.close()
