"""No text of any page is cut, covered or wrapped out of its row, whatever the window.

Run by name, `python -m pytest tests/browser/legibility_pages.py`: it takes many minutes.
"""

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lab_page import LabPage
from tests.browser.legibility import SETTLED_MILLISECONDS, illegible, illegible_now

SIZES = [(1366, 768), (1920, 1080), (390, 844)]
SCHEMES = ["light", "dark"]
AGENTS = ["reinforce", "shared_body", "split_bodies"]
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
    for graph in page.locator(".js-plotly-plot:visible").all():
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
