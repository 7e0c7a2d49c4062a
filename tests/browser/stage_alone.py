"""Shows several stages on one page without the app. A test can change Plotly on this page."""

import base64
import re
import tomllib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image
from playwright.sync_api import Page, Route

from pglab.ui.shell.assets import PLOTLY_FILE
from pglab.ui.stage import stage
from pglab.ui.stage.message import whole_message
from pglab.ui.stage.picture import FigurePanel, Picture, PlayerPanel
from tests.browser.harness import ROOT
from tests.browser.pixels import Pixels

Panels = Sequence[PlayerPanel | FigurePanel]

ADDRESS = "http://stage.test"
SCRIPTS = Path(stage.__file__).parent / "js"
STYLES = SCRIPTS.parent / "stage.css"

QUIET_MILLISECONDS = 250

HTML = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="stage.css">
<style>
  body { margin: 0; display: flex; width: max-content; background: var(--st-background-color);
    --st-font: sans-serif; --st-base-radius: 4px; THEME }
  body > div { width: WIDTHpx; }
  .pgl-stage .pgl-panels { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .pgl-stage .pgl-panel { height: HEIGHTpx !important; }
  .pgl-panel-player { display: none; }
</style>
<script type="module">
  import { mount } from "./stage.js";
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  window.show = (name, message) => {
    let parentElement = document.getElementById(name);
    if (!parentElement) {
      parentElement = Object.assign(document.createElement("div"), { id: name });
      document.body.append(parentElement);
    }
    mount({ parentElement, data: bytesOf(message), setTriggerValue: () => {} });
  };
  // Plotly is loaded. For some stages, each new graph is changed as soon as Plotly has drawn it.
  window.spoiled = {};
  await new Promise((resolve) => {
    const script = Object.assign(document.createElement("script"), { src: "plotly.min.js" });
    script.onload = resolve;
    document.head.append(script);
  });
  const { react } = Plotly;
  const repairs = new Map();
  Plotly.react = async (graph, ...rest) => {
    repairs.get(graph)?.();
    await react(graph, ...rest);
    graph.drawn = (graph.drawn ?? 0) + 1;
    repairs.set(graph, window.spoiled[graph.closest("body > div").id]?.(graph));
  };
  window.ready = true;
</script>"""

# Reads a value that changes with every drawing.
READ_ACTIVITY = """() => JSON.stringify([...document.querySelectorAll("[data-panel]")].map(
    (panel) => [panel.dataset, panel.querySelector(".pgl-figure")?.dataset]))"""


class StagesAlone:
    """A page with one column for each stage. All panels have the same size."""

    def __init__(
        self,
        page: Page,
        scheme: Literal["light", "dark"],
        size: tuple[int, int],
        scripts: Path = SCRIPTS,
    ) -> None:
        self.page, self.scheme, self.size, self.scripts = page, scheme, size, scripts
        page.route(f"{ADDRESS}/**", self._serve)
        page.goto(f"{ADDRESS}/")
        page.wait_for_function("window.ready")

    def show(
        self, name: str, sequence: int, panels: Panels, *, running: bool, spoil: str = ""
    ) -> None:
        """Send a stage its next picture.

        `spoil` is a JavaScript function that changes a graph drawn by Plotly. It returns a function
        that undoes this change.
        """
        if spoil:
            self.page.evaluate(f"name => {{ window.spoiled[name] = {spoil}; }}", name)
        head = {
            "sequence": sequence,
            "running": running,
            "drawn": sequence,
            "channel": "",
            "landmark": False,
            "plotly": "plotly.min.js",
            "messages": {"chartsFailed": "failed", "progress": "Progress"},
        }
        message = whole_message(head, Picture(panels))
        self.page.evaluate(
            "([name, message]) => window.show(name, message)",
            [name, base64.b64encode(message).decode()],
        )

    def wait_until_quiet(self) -> None:
        """Wait until all stages are drawn."""
        before = None
        while (now := self.page.evaluate(READ_ACTIVITY)) != before:
            before = now
            self.page.wait_for_timeout(QUIET_MILLISECONDS)

    def pictures(self) -> dict[tuple[str, str], Pixels]:
        """Return the pixels [rows, columns, 3] of each figure; the key is (stage, panel)."""
        png = Image.open(BytesIO(self.page.screenshot(animations="allow")))
        pixels = np.asarray(png.convert("RGB"), dtype=np.int16)
        boxes = self.page.evaluate(
            """() => [...document.querySelectorAll(".pgl-figure")].map((figure) => {
                const { x, y, width, height } = figure.getBoundingClientRect();
                const sides = [x, y, x + width, y + height].map(
                    (side) => Math.round(side * devicePixelRatio));
                const { panel } = figure.parentElement.dataset;
                return [figure.closest("body > div").id, panel, sides];
            })"""
        )
        return {
            (name, panel): pixels[top:bottom, left:right]
            for name, panel, (left, top, right, bottom) in boxes
        }

    def overlaid(self, name: str) -> set[str]:
        """The panels that Plotly has drawn only once. The stage itself has drawn their changes."""
        panels: list[str] = self.page.evaluate(
            """name => [...document.getElementById(name).querySelectorAll(".pgl-graph")]
                .filter((graph) => graph.drawn === 1)
                .map((graph) => graph.closest("[data-panel]").dataset.panel)""",
            name,
        )
        return set(panels)

    def _serve(self, route: Route) -> None:
        name = route.request.url.removeprefix(f"{ADDRESS}/")
        if not name:
            route.fulfill(body=self._html(), content_type="text/html")
        elif name == "stage.css":
            route.fulfill(path=STYLES)
        elif name == "plotly.min.js":
            route.fulfill(path=PLOTLY_FILE)
        else:
            route.fulfill(path=self.scripts / name, content_type="text/javascript")

    def _html(self) -> str:
        """Return the page as HTML, in the app's theme."""
        settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
        theme = "".join(
            f"--st-{re.sub('([A-Z])', lambda letter: '-' + letter[1].lower(), name)}: {value};"
            for name, value in settings["theme"][self.scheme].items()
        )
        width, height = self.size
        html = HTML.replace("THEME", theme)
        return html.replace("WIDTH", str(width)).replace("HEIGHT", str(height))
