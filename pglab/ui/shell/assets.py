"""Serves the scripts of the stage and plotly.js, which browsers may keep for ever."""

from __future__ import annotations

from collections.abc import MutableMapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import plotly
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

SCRIPTS_FOLDER = Path(__file__).parents[1] / "stage" / "js"
PLOTLY_FOLDER = Path(plotly.__file__).parent / "package_data"

# The addresses change with the contents, so that no browser uses old files. Streamlit sends a
# component's inline script with every message, so the scripts of the stage are files.
_SOURCE = b"".join(path.read_bytes() for path in sorted(SCRIPTS_FOLDER.glob("*.js")))
SCRIPTS = f"assets/stage-{sha256(_SOURCE).hexdigest()[:8]}"
PLOTLY = f"assets/plotly-{plotly.__version__}"


class _Kept(StaticFiles):
    """Files that browsers and proxies need not ask for again."""

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def asset_routes(base_path: str) -> list[Mount]:
    """Return the routes of the files, below the path at which the app is served."""
    base = f"/{base_path.strip('/')}".rstrip("/")
    folders = {SCRIPTS: SCRIPTS_FOLDER, PLOTLY: PLOTLY_FOLDER}
    return [Mount(f"{base}/{name}", _Kept(directory=path)) for name, path in folders.items()]
