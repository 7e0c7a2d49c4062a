"""Gives tests the parts of an agent's page: buttons, numbers, panels, controls, address bar."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, TimeoutError, expect

FIGURES = ("returns", "policy_map", "weights")
CRITIC_FIGURES = ("returns", "policy_map", "value_map")
FURTHER_FIGURES = {
    "entropy": "Entropy of the policy",
    "actor_gradient_norm": "Gradient norm",
}
PATIENCE = 60.0  # seconds; long enough for slow machines
LOOK_AGAIN_MILLISECONDS = 50
QUIET_MILLISECONDS = 600
MENU_MILLISECONDS = 2000
MENU_ATTEMPTS = 10

ANY_UPDATE = re.compile(r"^update \d")
ANY_NUMBER = re.compile(r"\d+")
STEPS, EPISODES, MEAN_RETURN, STEPS_PER_SECOND = range(4)

# Reads the figure that the stage passed to Plotly, without Plotly's additions. Before the first
# figure, the answer is empty.
READ_FIGURE = """panel => {
    const {data = [], layout = {}} = panel.querySelector(".pgl-graph") ?? {};
    return JSON.stringify({data, annotations: layout.annotations ?? []});
}"""
# Reads what the player and a heatmap show at the same moment. When the player's clip begins again,
# the heatmap has no ring for a short time. The answer is then empty.
READ_MOMENT = """([player, map]) => {
    const {ring} = map.querySelector(".pgl-figure").dataset;
    return ring && {
        percentages: [...player.querySelectorAll(".pgl-action-percentage")]
            .map(e => e.textContent),
        bars: [...player.querySelectorAll(".pgl-action-fill")].map(
            fill => new DOMMatrix(fill.style.transform).a),
        chosen: player.querySelectorAll(".pgl-chosen").length,
        caption: player.querySelector(".pgl-caption").textContent,
        ring: ring.split(",").map(Number),
        subtitle: map.querySelector(".pgl-subtitle").textContent,
        cells: map.querySelector(".pgl-graph").data[0].z,
    };
}"""
COUNT_COLOURS = """canvas => {
    const copy = Object.assign(document.createElement("canvas"), {width: 300, height: 200});
    const context = copy.getContext("2d");
    context.drawImage(canvas, 0, 0, copy.width, copy.height);
    const {data} = context.getImageData(0, 0, copy.width, copy.height);
    return new Set(new Uint32Array(data.buffer)).size;
}"""
READ_ROWS = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
# Reads counters and numbers that change only while the page is redrawn.
READ_ACTIVITY = """stage => JSON.stringify([
    {...stage.dataset},
    [...stage.querySelectorAll(".pgl-number-value")].map(value => value.textContent),
    [...stage.querySelectorAll(".pgl-figure")].map(view => view.parentElement.dataset.redraws),
])"""


class LabPage:
    """The page of an agent in a browser tab. `figures` names the panels that are always shown."""

    def __init__(
        self, page: Page, path: str = "reinforce", figures: tuple[str, ...] = FIGURES
    ) -> None:
        self.page = page
        self.path = path
        self.figures = figures
        self.stage = page.locator(".pgl-stage")
        self.alerts = page.get_by_test_id("stAlert")
        self.problems = self.alerts.get_by_role("listitem")  # one item per refused setting
        self.exceptions = page.get_by_test_id("stException")

    def open(self, query: str = "", server: str = "") -> Self:
        """Open the page and wait until every panel is painted."""
        self.page.goto(f"{server}/{self.path}{query}")
        self.wait_until_painted()
        return self

    def wait_until_painted(self) -> None:
        for key in self.figures:
            self.panel(key).scroll_into_view_if_needed()  # otherwise not painted
            expect(self.panel(key)).to_have_attribute("data-redraws", ANY_NUMBER)
        expect(self.panel("player")).to_have_attribute("data-frames-drawn", ANY_NUMBER)

    def to_top(self) -> None:
        """Scroll back to the top of the page."""
        self.page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")

    # Buttons

    def button(self, key: str) -> Locator:
        """The visible button with this key. Streamlit also has a hidden copy for narrow screens."""
        return self.page.locator(f".st-key-{key}").get_by_role("button")

    def press(self, key: str) -> None:
        self.button(key).click()

    def run(self, until_steps: int) -> None:
        """Press Run and wait until the page shows at least this number of steps."""
        self.press("run")
        self.wait_for_steps(until_steps)

    def pause(self) -> None:
        expect(self.button("run")).to_contain_text("Pause")
        self.press("run")
        self.expect_paused()
        self.wait_until_quiet()

    def expect_running(self) -> None:
        expect(self.stage).to_have_attribute("data-running", "true")
        expect(self.button("run")).to_contain_text("Pause")

    def expect_paused(self) -> None:
        expect(self.stage).to_have_attribute("data-running", "false")
        expect(self.button("run")).not_to_contain_text("Pause")

    # Numbers

    def number(self, index: int) -> Locator:
        return self.page.locator(f"[data-number='{index}'] .pgl-number-value")

    def numbers(self) -> list[str]:
        return [self.number(index).inner_text() for index in range(4)]

    @property
    def steps(self) -> int:
        return int(self.number(STEPS).inner_text().replace(",", ""))

    @property
    def episodes(self) -> int:
        return int(self.number(EPISODES).inner_text().replace(",", ""))

    @property
    def pictures(self) -> int:
        """The number of pictures that have arrived over the live channel."""
        return int(self.stage.get_attribute("data-pictures") or 0)

    @property
    def requests(self) -> int:
        """The number of the stage's requests to the server to draw the page again."""
        return int(self.stage.get_attribute("data-requests") or 0)

    # Panels

    def panel(self, key: str) -> Locator:
        return self.page.locator(f"[data-panel='{key}']")

    def subtitle(self, key: str) -> Locator:
        return self.panel(key).locator(".pgl-subtitle")

    def expect_update(self, number: int) -> None:
        expect(self.subtitle("weights")).to_have_text(re.compile(rf"^update {number} "))

    def expect_no_update(self) -> None:
        expect(self.subtitle("weights")).not_to_have_text(ANY_UPDATE)

    def redraws(self, key: str) -> int:
        return int(self.panel(key).get_attribute("data-redraws") or 0)

    @property
    def frames_drawn(self) -> int:
        return int(self.panel("player").get_attribute("data-frames-drawn") or 0)

    @property
    def probabilities(self) -> list[str]:
        return self.panel("player").locator(".pgl-action-percentage").all_inner_texts()

    def moment(self, heatmap: str = "policy_map") -> dict[str, Any]:
        """Read what the player and the heatmap show at the same moment."""
        panels = [self.panel(key).element_handle() for key in ("player", heatmap)]
        moment: dict[str, Any] = self.page.wait_for_function(READ_MOMENT, arg=panels).json_value()
        return moment

    def colours_in_player(self) -> int:
        count: int = self.panel("player").locator(".pgl-canvas").evaluate(COUNT_COLOURS)
        return count

    def figure(self, key: str) -> dict[str, Any]:
        """The traces and annotations of a panel's figure, as the stage passed them to Plotly."""
        figure: dict[str, Any] = json.loads(self.panel(key).evaluate(READ_FIGURE))
        return figure

    def traces(self, key: str) -> list[dict[str, Any]]:
        traces: list[dict[str, Any]] = self.figure(key)["data"]
        return traces

    def annotations(self) -> list[str]:
        """The labels in the return plot: changed settings, the solved task and earlier runs."""
        return [annotation["text"] for annotation in self.figure("returns")["annotations"]]

    def returns(self) -> tuple[list[float], list[float]]:
        """The steps and the returns of the episodes whose points are drawn."""
        points = next(trace for trace in self.traces("returns") if trace["mode"] == "markers")
        return unpacked(points["x"]).tolist(), unpacked(points["y"]).tolist()

    def axis_title(self, key: str, axis: str) -> Locator:
        return self.panel(key).locator(f".{axis}title")

    # Controls and address

    def slider(self, label: str) -> Locator:
        return self.page.locator(f'input[type="range"][aria-label="{label}"]')

    def move_slider(self, label: str, key: str) -> None:
        self.slider(label).focus()
        self.slider(label).press(key)

    def pill(self, title: str) -> Locator:
        """The button with this title in a row of options."""
        exactly = re.compile(f"^{re.escape(title)}$")
        return self.page.get_by_test_id("stButtonGroup").locator("button", has_text=exactly)

    def open_expander(self, label: str) -> None:
        """Click the title of an expander in the sidebar. The click opens or closes the expander."""
        self.page.get_by_test_id("stSidebar").get_by_text(label, exact=True).click()

    def choose(self, label: str, option: str) -> None:
        """Open a menu and click an option. Try again if a redraw closes the menu."""
        box = self.page.get_by_role("combobox", name=label, exact=True)
        box.scroll_into_view_if_needed()
        entry = self.page.get_by_role("option", name=option, exact=True)
        for _attempt in range(MENU_ATTEMPTS):
            if not entry.is_visible():
                box.click()
            try:
                return entry.click(timeout=MENU_MILLISECONDS)
            except TimeoutError:
                continue
        raise AssertionError(f"the menu “{label}” does not stay open for “{option}”")

    @property
    def address(self) -> dict[str, str]:
        """The parameters in the address bar, without those of the open chapter and the run."""
        return {n: text for n, text in self._parameters.items() if n not in ("chapter", "run")}

    @property
    def run_address(self) -> str | None:
        """The address of the stored run in the address bar, or None if there is none."""
        return self._parameters.get("run")

    @property
    def _parameters(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.page.url).query, keep_blank_values=True))

    def open_chapter(self, title: str, *, drawn: bool = False) -> None:
        """Choose a chapter below the stage. If `drawn` is true, wait until the chapter is drawn."""
        before = self.page.url
        choice = self.page.get_by_role("radio", name=title)
        expect(choice).to_have_count(1)  # during a redraw, the old row may still be there
        choice.click()
        if drawn:
            expect(self.page).not_to_have_url(before)
            self.wait_for_script()

    def wait_for_runs(self, *runs: dict[str, str]) -> None:
        """Wait until the table of runs has these rows. Compare only the given columns."""
        self.open_chapter("Runs of this visit")

        def agree() -> bool:
            rows = self.runs_table()
            return len(rows) == len(runs) and all(
                wanted.items() <= row.items() for wanted, row in zip(runs, rows, strict=True)
            )

        self.wait_until(agree, f"the runs {runs}")

    def runs_table(self) -> list[dict[str, str]]:
        """Read the table of runs, newest run first. A row maps each column to its text."""
        texts = self.page.get_by_test_id("stDataFrame").locator("table tr").evaluate_all(READ_ROWS)
        if not texts:
            return []
        columns, *rows = texts
        return [dict(zip(columns, row, strict=True)) for row in rows]

    # Waiting

    def wait_for_steps(self, least: int) -> None:
        self.wait_until(lambda: self.steps >= least, f"{least} steps")

    def wait_for_redraws(self, key: str, least: int) -> None:
        self.wait_until(lambda: self.redraws(key) >= least, f"{least} redraws of {key}")

    def wait_for_other_data(self, key: str, than: list[dict[str, Any]]) -> None:
        self.wait_until(lambda: self.traces(key) != than, f"other data in {key}")

    def wait_for_annotations(self, *texts: str) -> None:
        """Wait until the return plot has exactly these labels."""
        self.wait_until(lambda: self.annotations() == list(texts), f"the marks {texts}")

    def wait_for_address(self, **settings: str) -> None:
        """Wait until the address bar contains exactly these settings."""
        self.wait_until(lambda: self.address == settings, f"the address {settings}")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until the condition is true. `what` describes the condition in the error."""
        wait_until(self.page, condition, what)

    def wait_for_script(self) -> None:
        """Wait until Streamlit's script for this page has ended."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")

    def wait_until_quiet(self) -> None:
        """Wait until the page has not changed for a while, so that the last redraw is painted."""
        before = ""
        while (now := self.activity()) != before:
            before = now
            self.page.wait_for_timeout(QUIET_MILLISECONDS)

    def activity(self) -> str:
        """Read everything that changes during training: counters, numbers and redraws."""
        text: str = self.stage.evaluate(READ_ACTIVITY)
        return text


def wait_until(page: Page, condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition is true. Let the browser work between the checks."""
    for _ in range(int(PATIENCE * 1000 / LOOK_AGAIN_MILLISECONDS)):
        if condition():
            return
        page.wait_for_timeout(LOOK_AGAIN_MILLISECONDS)
    raise AssertionError(f"waited {PATIENCE:.0f} seconds for {what}")


def unpacked(values: dict[str, str] | list[float]) -> NDArray[np.float32]:
    """Convert a figure's numbers to an array. They may be packed as Plotly's typed arrays."""
    if isinstance(values, list):
        return np.array(values, dtype="<f4")
    return np.frombuffer(base64.b64decode(values["bdata"]), dtype="<f4")
