"""The layout at a projector's sizes: no panel is blank, and nothing needs scrolling."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewPage, Scheme, Shot
from tests.browser.lab_page import CRITIC_FIGURES, FIGURES, LabPage
from tests.browser.legibility import SETTLED_MILLISECONDS

SIZES = [(1366, 768), (1920, 1080)]
BACKGROUNDS = {"light": (200, 255), "dark": (0, 60)}  # brightness of the player, by theme
FEWEST_COLOURS = 8  # a blank panel has one colour, an empty frame has two

# Elements that reach beyond the window. Exceptions: parts that Plotly clips in its drawings, the
# keyboard inputs of Streamlit's sliders, and formulas for screen readers, clipped to one pixel.
WIDER_THAN_WINDOW = """() =>
    [...document.querySelectorAll("[data-testid=stApp] :not(svg *, input, .katex-mathml *)")]
    .filter(element => element.checkVisibility() && element.getBoundingClientRect().width > 0)
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 120))"""
SCROLLS_SIDEWAYS = """() => [...document.querySelectorAll("*")]
    .filter(element => element.scrollWidth > element.clientWidth + 1)
    .filter(element => /auto|scroll/.test(getComputedStyle(element).overflowX)
        || element === document.documentElement)
    .map(element => element.outerHTML.slice(0, 120))"""


def box(part: Locator) -> tuple[float, float, float, float]:
    """The left, top, right and bottom edge of a part of the page."""
    found = part.bounding_box()
    assert found is not None
    left, top = found["x"], found["y"]
    return left, top, left + found["width"], top + found["height"]


# Whether a part is visible down to its bottom edge, neither covered nor cut off.
SEEN_TO_ITS_EDGE = """part => {
    const {left, right, bottom} = part.getBoundingClientRect();
    return part.contains(document.elementFromPoint((left + right) / 2, bottom - 1));
}"""


def assert_scene_suits(scheme: Scheme, scene: Locator, picture: Path) -> None:
    """Check in a screenshot that the player has the theme's background, a cart and a brown pole."""
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
    """Check in a screenshot that a panel is not blank, such as text on its own colour would be."""
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


def assert_fits(lab: LabPage, height: int) -> None:
    assert lab.page.evaluate(WIDER_THAN_WINDOW) == []
    assert lab.page.evaluate(SCROLLS_SIDEWAYS) == []
    assert lab.page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0
    for key in (*lab.figures, "player"):
        _left, top, _right, bottom = box(lab.panel(key))
        assert top >= 0
        assert bottom <= height, f"{key} is cut off"


@pytest.mark.parametrize(
    ("path", "figures", "scheme"),
    [
        ("reinforce", FIGURES, "dark"),
        ("shared_body", CRITIC_FIGURES, "light"),
        ("split_bodies", CRITIC_FIGURES, "dark"),
    ],
)
def test_panels_fill_the_screen_before_and_during_training(
    new_page: NewPage, shot: Shot, path: str, figures: tuple[str, ...], scheme: Scheme
) -> None:
    """They stay so if a window is moved to a projector during a run, and back."""
    lab = LabPage(new_page(scheme=scheme), path, figures).open()
    lab.to_top()
    assert lab.numbers() == ["0", "0", "–", "–"]

    def look(width: int, height: int, phase: str) -> None:
        redraws = {key: lab.redraws(key) for key in figures}
        lab.page.set_viewport_size({"width": width, "height": height})
        for key in figures:
            lab.wait_for_redraws(key, redraws[key] + 1)
        name = f"{path}-{width}x{height}-{scheme}-{phase}"
        picture = shot(lab.page, name)
        assert_no_blank_panel(lab, picture)
        assert_scene_suits(scheme, lab.panel("player").locator(".pgl-canvas"), picture)
        assert_fits(lab, height)

    (small, large) = SIZES
    look(*large, "before")
    look(*small, "before")
    lab.run(until_steps=300)
    look(*large, "running")
    look(*small, "running")


def test_home_fits(new_page: NewPage, shot: Shot) -> None:
    page: Page = new_page(scheme="dark")
    page.goto("/")
    expect(page.locator(".pgl-map section")).to_have_count(3)
    expect(page.locator(".pgl-clip img").last).to_be_visible()
    assert page.evaluate(WIDER_THAN_WINDOW) == []
    assert page.evaluate(SCROLLS_SIDEWAYS) == []
    assert page.locator(".st-key-start button").evaluate(SEEN_TO_ITS_EDGE)
    clip = page.locator(".pgl-clip img").last
    assert_scene_suits("dark", clip, shot(page, "home-dark"))
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(SETTLED_MILLISECONDS)
    assert_scene_suits("light", clip, shot(page, "home-light"))
    assert page.locator(".st-key-start button").evaluate(SEEN_TO_ITS_EDGE)
