"""Tells visitors apart by a random key, which their browsers keep in a cookie."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pglab.library.store.runs.kept import is_key, new_key

COOKIE = "pglab_owner"
YEARS = 2 * 365 * 24 * 3600  # seconds for which a browser keeps the cookie


class OwnerCookie:
    """Gives each browser that opens a page a random key, unless it has one already."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        """Wrap an app that is served at `base_path`."""
        self._app = app
        self._path = f"/{base_path.strip('/')}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; if the answer is an HTML page, add the cookie."""
        if scope["type"] != "http" or _known(Headers(scope=scope).get("cookie", "")):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("Set-Cookie", self._cookie())
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _cookie(self) -> str:
        kept = f"Path={self._path}; Max-Age={YEARS}; HttpOnly; SameSite=Lax"
        return f"{COOKIE}={new_key()}; {kept}"


def _known(header: str) -> bool:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return False
    return found is not None and is_key(found.value)


def owner() -> str:
    """Return the key of the visitor's browser. Without cookies, a key lasts only for this visit."""
    key = str(st.context.cookies.get(COOKIE, ""))
    if is_key(key):
        return key
    own: str = st.session_state.setdefault("owner", new_key())
    return own
