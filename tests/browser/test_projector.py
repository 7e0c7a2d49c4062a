"""The presentation in a browser: everything is readable from the last row, and nothing changes."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, Scheme, Shot
from tests.browser.lab_page import CRITIC_FIGURES, LabPage, wait_until
from tests.browser.legibility import illegible_now, lasting

TEXT_SIZES = (Path(__file__).parent / "text_sizes.js").read_text(encoding="utf-8")
LEAST_PIXELS = 24
FEWEST_TEXTS = 8
MOST_PHASES = 60
FIRST_EPISODE = 18  # steps
REINFORCE_STEP = ["1 observe", "2 probabilities", "3 sample", "4 answer", "5 store"]
LOOKS, MILLISECONDS = 8, 250
OTHER = {"Dark": "light", "Light": "dark"}  # for each button, the scheme before its press
SHOWN = ".pgl-panel[data-place]"
PHASE = ".pgl-phases [aria-current]"
# Finds visible parts of the presentation that reach beyond the window.
REACHES_OUT = """() => [...document.querySelectorAll(
        ".pgl-panel, .pgl-bar, .st-key-slow_buttons, .st-key-start, .st-key-slow_scene p")]
    .filter(part => part.checkVisibility({visibilityProperty: true}))
    .map(part => [part.className || part.textContent, part.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.height && (box.left < -1 || box.top < -1 ||
        box.right > innerWidth + 1 || box.bottom > innerHeight + 1))
    .map(([name, box]) => `${name} ${JSON.stringify(box)}`)"""
# Reads everything that leaving a presentation must bring back.
READ_PAGE = """() => ({
    panels: [...document.querySelectorAll(".pgl-panel")].map(panel => {
        const {x, y, width, height} = panel.getBoundingClientRect();
        return [panel.dataset.panel, x, y, width, height].join(" ");
    }),
    top: document.querySelector("[data-testid=stMain]").scrollTop,
    focus: document.activeElement.className,
    elements: document.body.children.length,
    attributes: document.documentElement.getAttributeNames().filter(name => name !== "style"),
    scheme: document.querySelector(".pgl-stage").dataset.scheme,
})"""


def faults(page: Page) -> list[str]:
    """Return a line for each text that is small or illegible, and for each part outside."""
    sizes = page.evaluate(f"({TEXT_SIZES})({{least: {LEAST_PIXELS}}})")
    assert sizes["seen"] >= FEWEST_TEXTS
    # A header may have two lines, because its letters are large.
    illegible = [line for line in illegible_now(page) if line != "wrapped: .pgl-header"]
    return [*sizes["found"], *illegible, *page.evaluate(REACHES_OUT)]


def expect_readable(page: Page) -> None:
    assert lasting(page, lambda: faults(page), LOOKS, MILLISECONDS) == []


def present(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("html[data-projector]")).to_have_count(1)


@pytest.mark.parametrize(
    ("path", "panels"),
    [
        ("reinforce", ["returns", "player", "policy_map", "weights"]),
        ("compare", ["returns", "cosine", "policy_A", "policy_B"]),
        ("gradient_lab", ["whole_episode", "reward_to_go", "mean", "value"]),
        ("maps", ["map", "cell"]),
    ],
)
def test_readable_from_the_last_row(
    new_page: NewPage, shot: Shot, path: str, panels: list[str]
) -> None:
    page = new_page(width=1920, height=1080)
    present(page, f"/{path}?view=projector")
    for key in panels:
        expect(page.locator(f"{SHOWN}[data-panel='{key}']")).to_be_visible()
    for figure in page.locator(f"{SHOWN} .pgl-graph").all():
        expect(figure.locator(".main-svg").first).to_be_visible()
    for other in ("Dark", "Light"):
        expect_readable(page)
        shot(page, f"projector-{path}-{OTHER[other]}")
        page.get_by_role("button", name=other).click()
    page.keyboard.press("1")
    expect(page.locator(SHOWN)).to_have_count(1)
    expect_readable(page)
    page.keyboard.press("PageDown")
    expect(page.locator(SHOWN)).to_have_attribute("data-panel", panels[1])
    expect(page).to_have_url(re.compile(f"show={panels[1]}"))
    expect_readable(page)


def test_a_run_goes_on_and_the_page_comes_back(new_page: NewPage) -> None:
    page = new_page(width=1920, height=1080)
    lab = LabPage(page, "shared_body", CRITIC_FIGURES).open("?speed=500")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 120)")
    lab.button("step").focus()
    before, address = page.evaluate(READ_PAGE), lab.address
    page.keyboard.press("f")
    expect(page.locator("html[data-projector=light]")).to_have_count(1)
    page.keyboard.press("b")  # without a presentation, this key would begin a new run
    lab.expect_running()
    lab.wait_until(lambda: lab.pictures > 5, "pictures in the presentation")
    page.get_by_role("button", name="Dark").click()
    expect(lab.stage).to_have_attribute("data-scheme", "dark")
    expect_readable(page)
    for key in ("returns", "value_map"):
        lab.wait_for_redraws(key, lab.redraws(key) + 2)
    drawn = lab.pictures
    point_at(page, "policy_map")
    label = page.locator(f"{SHOWN}[data-panel=policy_map] .hovertext text")
    expect(label.first).to_be_visible()
    assert label.first.evaluate(SIZE_ON_SCREEN) >= LEAST_PIXELS

    page.keyboard.press("Escape")
    expect(page.locator("html[data-projector]")).to_have_count(0)
    assert page.evaluate(READ_PAGE) == before
    assert lab.address == address
    lab.expect_running()
    lab.wait_until(lambda: lab.pictures > drawn, "pictures after the presentation")
    lab.pause()


SIZE_ON_SCREEN = """text => {
    const {a, b} = text.getScreenCTM();
    return Number.parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
}"""


def point_at(page: Page, key: str) -> None:
    """Move the pointer to the middle of a figure."""
    box: Any = page.locator(f"{SHOWN}[data-panel={key}] .pgl-figure").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)


@pytest.mark.parametrize(
    ("path", "query", "scheme", "phases"),
    [
        ("reinforce", "", "dark", 12),
        ("split_bodies", "&batch_size=4&rollout_steps=4", "light", 15),  # before an episode ends
    ],
)
def test_each_phase_of_slow_motion(
    new_page: NewPage, path: str, query: str, scheme: Scheme, phases: int
) -> None:
    page = new_page(width=1920, height=1080, scheme=scheme)
    present(page, f"/{path}?view=projector&show=slow_motion{query}")
    phase = page.locator(PHASE)
    seen: list[str] = []

    def press(key: str) -> None:
        page.keyboard.press(key)
        if seen:
            expect(phase).not_to_have_text(seen[-1])
        expect(phase).to_have_count(1)
        if phase.inner_text() not in seen:
            expect_readable(page)
        seen.append(phase.inner_text())

    expect(page.locator(".pgl-phases")).to_be_visible()
    expect_readable(page)
    for _press in range(MOST_PHASES):
        press("." if seen[-1:] == ["6 episode ends"] else "PageDown")
        if seen == REINFORCE_STEP:
            for _step in range(FIRST_EPISODE - 1):
                page.keyboard.press("Shift+ArrowRight")
            expect(page.locator(".st-key-slow_buttons")).to_contain_text(f"step {FIRST_EPISODE}")
        if "new policy" in seen[-1]:
            break
    assert len(set(seen)) == phases
    press("PageUp")
    assert seen[-1] == seen[-3]


@pytest.mark.view(width=390, height=844)
def test_buttons_without_a_keyboard(page: Page) -> None:
    LabPage(page).open()
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("button", name="Present").click()
    expect(page.locator(SHOWN)).to_have_count(2)
    page.get_by_role("button", name="Panels", exact=True).click()
    page.get_by_role("button", name="Weights of the last batch").click()
    expect(page.locator("[data-place='2']")).to_have_attribute("data-panel", "weights")
    page.keyboard.press("Escape")  # closes only the list of panels
    wait_until(page, lambda: page.evaluate(REACHES_OUT) == [], "panels inside the window")
    assert lasting(page, lambda: sorted(illegible_now(page)), LOOKS, MILLISECONDS) == []
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("html[data-projector]")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("view|show"))


def test_a_panel_that_is_not_there(page: Page) -> None:
    present(page, "/reinforce?view=projector&show=<b>no</b>,returns")
    expect(page.get_by_text("There is no panel “<b>no</b>” here.")).to_be_visible()
    expect(page.locator(SHOWN)).to_have_count(1)
