"""Serves plotly.js, the stage's scripts and a style; browsers may keep these files for ever."""

from __future__ import annotations

import gzip
from collections.abc import MutableMapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOR_EVER = "public, max-age=31536000, immutable"
_STAGE = Path(__file__).parents[1] / "stage"
SCRIPTS_FOLDER = _STAGE / "js"
PLOTLY_FILE = _STAGE / "vendor" / "plotly-cartesian.min.js"
# A presentation needs the style of the stage even on a page without a stage.
_STYLE = b"".join((_STAGE / name).read_bytes() for name in ("stage.css", "projector.css"))

# The addresses change with the contents of the files, so that no browser uses old files. Streamlit
# sends a component's inline script with every message, so the long scripts of the stage are files.
_SOURCE = b"".join(path.read_bytes() for path in sorted(SCRIPTS_FOLDER.rglob("*.js")))
SCRIPTS = f"assets/stage-{sha256(_SOURCE).hexdigest()[:8]}"
PLOTLY = f"assets/plotly-{sha256(PLOTLY_FILE.read_bytes()).hexdigest()[:8]}.min.js"
PROJECTOR_STYLE = f"assets/projector-{sha256(_STYLE).hexdigest()[:8]}.css"


class Kept(StaticFiles):
    """Serves files that browsers and proxies keep and do not request again."""

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        """Return a file, with a header that lets browsers keep it."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = FOR_EVER
        return response


@cache
def compressed_plotly() -> bytes:
    """Return compressed plotly.js. The compression takes 0.1 seconds, but is done only once."""
    return gzip.compress(PLOTLY_FILE.read_bytes(), 6)


def _send_plotly(_request: Request) -> Response:
    """Send plotly.js; every browser that the app supports accepts gzip."""
    headers = {"Content-Encoding": "gzip", "Cache-Control": FOR_EVER}
    return Response(compressed_plotly(), media_type="text/javascript", headers=headers)


def _send_style(_request: Request) -> Response:
    """Send the style of presentations."""
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": FOR_EVER})


class EarlyAssets:
    """Names the stage's files in a header of each page, so that browsers load these files early.

    Otherwise, browsers would request these files only after the page has been drawn. If a page
    already has such a header, it does not need the stage's files, and its header does not change.
    """

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        """Wrap an app that is served at `base_path`."""
        self._app = app
        modules = sorted(path.name for path in SCRIPTS_FOLDER.glob("*.js"))
        addresses = [f"{SCRIPTS}/{name}" for name in modules]
        links = [f"<{below(base_path, address)}>; rel=modulepreload" for address in addresses]
        links.append(f"<{below(base_path, PLOTLY)}>; rel=preload; as=script")
        self._links = ", ".join(links)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; if the answer is an HTML page, add the header with the links."""

        async def send_with_links(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("Link", self._links)
            await send(message)

        await self._app(scope, receive, send_with_links if scope["type"] == "http" else send)


def below(base_path: str, address: str) -> str:
    """Put the path of the app before the path `address`: "lab" and "room" give "/lab/room"."""
    return f"/{base_path.strip('/')}".rstrip("/") + f"/{address}"


def asset_routes(base_path: str) -> list[BaseRoute]:
    """Return the routes of all files that this module serves, for an app at `base_path`."""
    return [
        Mount(below(base_path, SCRIPTS), Kept(directory=SCRIPTS_FOLDER)),
        Route(below(base_path, PLOTLY), _send_plotly),
        Route(below(base_path, PROJECTOR_STYLE), _send_style),
    ]
