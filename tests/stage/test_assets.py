"""Each page lists the stage's files in its header, and the server has all listed files."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import plotly
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from pglab.ui.shell.assets import (
    FOR_EVER,
    PLOTLY_FILE,
    PROJECTOR_STYLE,
    SCRIPTS_FOLDER,
    EarlyAssets,
    asset_routes,
)


def app_at(base: str) -> EarlyAssets:
    routes = [
        *asset_routes(base),
        Route("/page", lambda _request: HTMLResponse("<p>")),
        Route("/data", lambda _request: JSONResponse({})),
        Route("/phone", lambda _request: HTMLResponse("<p>", headers={"Link": "<own.css>"})),
    ]
    return EarlyAssets(Starlette(routes=routes), base)


def headers_of(app: EarlyAssets, path: str) -> dict[str, str]:
    sent: list[Any] = []

    async def ask() -> None:
        async def receive() -> Any:
            await asyncio.Event().wait()  # the browser sends nothing else

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "root_path": ""}
        await app(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 200, path
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize("base", ["", "class/lab"])
def test_a_page_names_all_files_and_the_server_has_them(base: str) -> None:
    app = app_at(base)
    links = re.findall(
        "<([^>]+)>; rel=(modulepreload|preload; as=script)", headers_of(app, "/page")["link"]
    )
    assert len(links) == len(list(SCRIPTS_FOLDER.glob("*.js"))) + 1
    for path, _kind in links:
        headers = headers_of(app, path)
        assert headers["cache-control"] == FOR_EVER
        assert "javascript" in headers["content-type"]


def test_the_style_of_presentations_is_there() -> None:
    headers = headers_of(app_at("class/lab"), f"/class/lab/{PROJECTOR_STYLE}")
    assert headers["content-type"].startswith("text/css")
    assert headers["cache-control"] == FOR_EVER


def test_the_part_of_plotly_has_the_version_of_the_whole() -> None:
    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    versions = [
        re.search(r"v(\d+\.\d+\.\d+)", file.read_text(encoding="utf-8")[:300])
        for file in (whole, PLOTLY_FILE)
    ]
    first, second = (version and version[1] for version in versions)
    assert first == second is not None


def test_other_answers_name_no_files() -> None:
    assert "link" not in headers_of(app_at(""), "/data")


def test_a_page_that_names_its_own_files_needs_no_files_of_the_stage() -> None:
    assert headers_of(app_at(""), "/phone")["link"] == "<own.css>"
