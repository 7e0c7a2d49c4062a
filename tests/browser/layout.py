"""Checks the layout of a page: no part may be blank, cut off or wider than the window."""

from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Scheme
from tests.browser.lab_page import LabPage
from tests.browser.legibility import LOOKS, SETTLED_MILLISECONDS

BACKGROUNDS = {"light": (200, 255), "dark": (0, 60)}  # limits of the player's brightness
FEWEST_COLOURS = 8  # a blank panel has one colour; an empty frame has two colours

# Finds elements that reach beyond the window. Three kinds of elements are ignored: the parts of
# Plotly's drawings, inputs of Streamlit's sliders, and hidden formulas for screen readers.
WIDER_THAN_WINDOW = """() =>
    [...document.querySelectorAll("[data-testid=stApp] :not(svg *, input)")]
    .filter(element => !element.closest(".katex-mathml"))
    .filter(element => element.checkVisibility() && element.getBoundingClientRect().width > 0)
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 120))"""
SCROLLS_SIDEWAYS = """() => [...document.querySelectorAll("*")]
    .filter(element => element.scrollWidth > element.clientWidth + 1)
    .filter(element => /auto|scroll/.test(getComputedStyle(element).overflowX)
        || element === document.documentElement)
    .map(element => element.outerHTML.slice(0, 120))"""


def box(part: Locator) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom edge of a part of the page."""
    found = part.bounding_box()
    assert found is not None
    left, top = found["x"], found["y"]
    return left, top, left + found["width"], top + found["height"]


# Tells whether the bottom edge of a part is visible. A covered or cut edge is not visible.
SEEN_TO_ITS_EDGE = """part => {
    const {left, right, bottom} = part.getBoundingClientRect();
    return part.contains(document.elementFromPoint((left + right) / 2, bottom - 1));
}"""


def assert_scene_suits(scheme: Scheme, scene: Locator, picture: Path) -> None:
    """Check that a screenshot shows the player with the theme's background, cart and pole."""
    with Image.open(picture) as screen:
        part = screen.convert("RGB").crop(box(scene))
    pixels = np.asarray(part, dtype=np.int64).reshape(-1, 3)
    brightness = pixels.mean(axis=1)
    low, high = BACKGROUNDS[scheme]
    background = np.median(brightness)
    assert low <= background <= high
    stands_out = np.abs(brightness - background)
    red, _green, blue = pixels.T
    assert (stands_out > 150).any(), "no cart"
    assert ((stands_out > 80) & (red - blue > 60)).any(), "no pole"


def assert_no_blank_panel(lab: LabPage, picture: Path) -> None:
    """Check in a screenshot that no panel is blank, by counting the colours of each panel."""
    assert all(lab.numbers())
    with Image.open(picture) as screen:
        for key in lab.figures:
            figure = lab.panel(key).locator(".pgl-figure")
            expect(figure.locator(".pgl-message")).to_be_hidden()
            part = screen.convert("RGB").crop(box(figure))
            colours = part.getcolors(maxcolors=part.width * part.height) or []
            assert len(colours) >= FEWEST_COLOURS, f"{key} is blank"
    assert lab.colours_in_player() >= 3, "the player is blank"
    assert len(lab.probabilities) == 2
    assert all(text.endswith("%") for text in lab.probabilities)


def assert_nothing_reaches_out(page: Page) -> None:
    """Check that no element is wider than the window.

    Figures are painted some time after a change of the window, so the check is repeated.
    """
    for script in (WIDER_THAN_WINDOW, SCROLLS_SIDEWAYS):
        for _look in range(LOOKS):
            if not page.evaluate(script):
                break
            page.wait_for_timeout(SETTLED_MILLISECONDS)
        assert page.evaluate(script) == []


def assert_fits(lab: LabPage) -> None:
    """Check that all panels of the stage are inside the window."""
    assert_nothing_reaches_out(lab.page)
    assert lab.page.viewport_size is not None
    height = lab.page.viewport_size["height"]
    assert lab.page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0
    for key in (*lab.figures, "player"):
        _left, top, _right, bottom = box(lab.panel(key))
        assert top >= 0
        assert bottom <= height, f"{key} is cut off"
