"""The name of this process, if several processes of the app share one address behind a proxy.

A run lives in the memory of one process. So the names of the run's live channels begin with the
name of this process. A cookie tells the proxy which process has a visitor's page.
"""

from __future__ import annotations

import os
import re
from functools import cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARIABLE = "PGLAB_PROCESS"  # the environment variable with the name
COOKIE = "pglab_process"
STREAM = "/_stcore/stream"  # the end of the address of Streamlit's WebSocket
_NAME = re.compile(r"[a-z0-9]{1,20}")


@cache
def process_name() -> str:
    """Return the name of this process, or "" if it is the only process and has no name.

    Raises:
        ValueError: the environment variable does not contain a valid name.
    """
    name = os.environ.get(VARIABLE, "")
    if name and not _NAME.fullmatch(name):
        raise ValueError(f"{VARIABLE} must be 1 to 20 lower-case letters (a to z) and digits.")
    return name


def of_this_process(name: str) -> str:
    """Put the name of this process before a secret name, so that a proxy finds this process."""
    return f"{process_name()}.{name}" if process_name() else name


class ProcessCookie:
    """If this process has a name, a cookie tells each browser which process the browser uses.

    If a process ends, the proxy leads its visitors to another process. When such a visitor opens
    the next page, or when the open page connects again, the browser gets a new cookie.
    """

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        """Wrap an app that is served at `base_path`."""
        self._app = app
        self._name = process_name()
        self._cookie = (
            f"{COOKIE}={self._name}; Path=/{base_path.strip('/')}; HttpOnly; SameSite=Lax"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Add the cookie to HTML pages and to Streamlit's WebSocket."""
        if not self._name or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        is_known = HTTPConnection(scope).cookies.get(COOKIE) == self._name

        async def send_with_cookie(message: Message) -> None:
            if not is_known and (_is_page(message) or _connects_page(message, scope)):
                MutableHeaders(scope=message).append("Set-Cookie", self._cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _is_page(message: Message) -> bool:
    if message["type"] != "http.response.start":
        return False
    kind: str = Headers(scope=message).get("content-type", "")
    return kind.startswith("text/html")


def _connects_page(message: Message, scope: Scope) -> bool:
    """Whether the message accepts Streamlit's WebSocket.

    The WebSocket of a live channel does not count, because it may belong to another process.
    """
    path: str = scope["path"]
    return message["type"] == "websocket.accept" and path.endswith(STREAM)
