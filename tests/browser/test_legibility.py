"""No text of any page is cut, covered or wrapped out of its row, whatever the window."""

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shot
from tests.browser.lab_page import LabPage
from tests.browser.legibility import SETTLED_MILLISECONDS, illegible, illegible_now

SIZES = [(1366, 768), (1920, 1080), (390, 844)]
SCHEMES = ["light", "dark"]
AGENTS = ["reinforce", "shared_body", "split_bodies"]
KINDS = ["cut", "covered", "overlap", "wrapped"]
EVERYWHERE = ["", *AGENTS, "compare", "gradient_lab"]


class Faults:
    """What was found on the way, by where it was seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lines: list[str] = []

    def look(self, state: str, look: Callable[[], set[str]]) -> None:
        width = self.page.evaluate("innerWidth")
        self.lines += [f"{width} px, {state}: {fault}" for fault in sorted(look())]

    def text(self) -> str:
        return "\n".join(self.lines)

    def look_everywhere(self, state: str, of: str = "", schemes: list[str] = SCHEMES) -> None:
        """In every size; in the dark scheme, which moves nothing, where the page is scrolled to."""
        for (width, height), scheme in product(SIZES, schemes):
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self.page.set_viewport_size({"width": width, "height": height})
            if scheme == "light":
                self.look(f"light, {state}", lambda: illegible(self.page, of))
            else:
                self.page.wait_for_timeout(SETTLED_MILLISECONDS)
                self.look(f"dark, {state}", lambda: illegible_now(self.page))


def open_page(page: Page, path: str) -> None:
    page.goto(f"/{path}")
    if path == "":
        expect(page.locator(".pgl-clip img").last).to_be_visible()
    elif path == "gradient_lab":
        expect(page.locator(".js-plotly-plot").last).to_be_visible()
    else:
        expect(page.locator("[data-panel='returns']")).to_have_attribute("data-redraws", "1")


def hover_over_figures(faults: Faults) -> None:
    """With the pointer on each figure in turn: its label and its buttons are seen then."""
    page = faults.page
    for graph in page.locator(".js-plotly-plot").all():
        graph.scroll_into_view_if_needed()
        box = graph.bounding_box()
        if box is None:
            continue
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=3)
        faults.look("under the pointer", lambda: illegible_now(page))
    page.mouse.move(0, 0)


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_text_can_be_read(page: Page, path: str) -> None:
    open_page(page, path)
    faults = Faults(page)
    faults.look_everywhere("at rest")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        hover_over_figures(faults)
    assert not faults.lines, faults.text()


@pytest.mark.parametrize("path", [*AGENTS, "compare"])
def test_every_text_can_be_read_during_a_run_and_after_it(page: Page, path: str) -> None:
    faults = Faults(page)
    lab = LabPage(page, path, ("returns",))
    open_page(page, path)
    lab.run(until_steps=500)
    faults.look_everywhere("running")
    lab.to_top()
    lab.pause()
    faults.look_everywhere("paused", schemes=["light"])
    if path in AGENTS:
        for unit in ("step", "episode", "update"):
            lab.press(unit)
            lab.wait_until_quiet()
            faults.look_everywhere(f"after {unit}", ".pgl-stage", ["light"])
    lab.press("reset")
    lab.wait_until_quiet()
    faults.look_everywhere("after Reset", ".pgl-stage", ["light"])
    assert not faults.lines, faults.text()


@pytest.mark.parametrize("path", AGENTS)
def test_every_chapter_can_be_read(page: Page, path: str) -> None:
    open_page(page, path)
    faults = Faults(page)
    LabPage(page, path, ("returns",)).press("update")
    titles = page.get_by_role("radiogroup", name="Chapter").get_by_role("radio").all_inner_texts()
    assert len(titles) >= 5
    for title in titles:
        page.get_by_role("radio", name=title).click()
        expect(page.locator(".st-key-chapter")).to_be_visible()
        faults.look_everywhere(title, ".st-key-chapter", ["light"])
    assert not faults.lines, faults.text()


def test_what_cannot_be_read_is_found(page: Page, shot: Shot) -> None:
    open_page(page, "")
    assert illegible_now(page) == set()
    page.evaluate(
        """() => {
            const place = "position:absolute;z-index:9;background:#fff;color:#000;";
            const main = document.querySelector("[data-testid=stMain]");
            main.querySelector("[data-testid=stMainBlockContainer]").style.display = "none";
            main.insertAdjacentHTML("beforeend", `
              <div style="${place}left:400px;top:300px;width:60px;overflow:hidden;
                white-space:nowrap;text-overflow:ellipsis">cut in the middle of a sentence</div>
              <div style="${place}left:400px;top:400px;width:300px;height:30px;overflow:hidden">
                <p style="margin-top:20px">cut below</p></div>
              <div style="${place}left:1300px;top:340px;width:200px">beyond the window</div>
              <div style="${place}left:800px;top:400px">one text</div>
              <div style="${place}left:820px;top:405px;background:none">over another</div>
              <div style="${place}left:800px;top:500px">under a box</div>
              <div style="${place}left:790px;top:490px;width:200px;height:60px;
                background:#ccc"></div>
              <div class="pgl-header" style="${place}left:400px;top:560px;width:100px;
                display:flex;flex-wrap:wrap;height:auto">
                <b>the first part</b><b>the second part</b></div>`);
        }"""
    )
    found = illegible_now(page)
    shot(page, "illegible-on-purpose")
    kinds = {kind: [line for line in found if line.startswith(kind)] for kind in KINDS}
    assert {kind: len(lines) for kind, lines in kinds.items()} == {
        "cut": 3,
        "covered": 1,
        "overlap": 1,
        "wrapped": 1,
    }
    assert len(found) == 6, found
