"""Opens the scripts of the game on a page without the app, so that a test can call them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Route

from pglab.ui.chapters.play.component import game_setup
from pglab.ui.shell.assets import SCRIPTS_FOLDER

ADDRESS = "http://play.test"
HTML = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module">
  const names = ["cartpole", "policy", "random", "game", "picture"];
  const modules = await Promise.all(names.map((name) => import(`./play/${name}.js`)));
  window.play = Object.assign({}, ...modules);
</script>"""


def open_alone(page: Page) -> dict[str, Any]:
    """Open the page; return the setup of the game, as the app sends it."""

    def serve(route: Route) -> None:
        name = route.request.url.removeprefix(f"{ADDRESS}/")
        if name:
            route.fulfill(path=SCRIPTS_FOLDER / name, content_type="text/javascript")
        else:
            route.fulfill(body=HTML, content_type="text/html")

    page.route(f"{ADDRESS}/**", serve)
    page.goto(f"{ADDRESS}/")
    page.wait_for_function("window.play")
    return game_setup(seed=3)
