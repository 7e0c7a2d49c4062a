"""Serves the scripts of the stage and plotly.js, which browsers may keep for ever."""

from __future__ import annotations

import gzip
from collections.abc import MutableMapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import plotly
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

FOR_EVER = "public, max-age=31536000, immutable"
SCRIPTS_FOLDER = Path(__file__).parents[1] / "stage" / "js"
PLOTLY_FOLDER = Path(plotly.__file__).parent / "package_data"

# The addresses change with the contents, so that no browser uses old files. Streamlit sends a
# component's inline script with every message, so the scripts of the stage are files.
_SOURCE = b"".join(path.read_bytes() for path in sorted(SCRIPTS_FOLDER.glob("*.js")))
SCRIPTS = f"assets/stage-{sha256(_SOURCE).hexdigest()[:8]}"
PLOTLY = f"assets/plotly-{plotly.__version__}.min.js"


class _Kept(StaticFiles):
    """Files that browsers and proxies need not ask for again."""

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = FOR_EVER
        return response


@cache
def compressed_plotly() -> bytes:
    """Return plotly.min.js, compressed once for all visitors: that takes a quarter of a second."""
    return gzip.compress((PLOTLY_FOLDER / "plotly.min.js").read_bytes(), 6)


def _send_plotly(_request: Request) -> Response:
    """Send plotly.min.js; every browser that the app supports accepts gzip."""
    headers = {"Content-Encoding": "gzip", "Cache-Control": FOR_EVER}
    return Response(compressed_plotly(), media_type="text/javascript", headers=headers)


def below(base_path: str, address: str) -> str:
    """Return the path of an address, if the app is served at `base_path`: "lab" gives "/lab/…"."""
    return f"/{base_path.strip('/')}".rstrip("/") + f"/{address}"


def asset_routes(base_path: str) -> list[BaseRoute]:
    """Return the routes of the files, below the path at which the app is served."""
    return [
        Mount(below(base_path, SCRIPTS), _Kept(directory=SCRIPTS_FOLDER)),
        Route(below(base_path, PLOTLY), _send_plotly),
    ]
