"""The chapter *Try this*, used without a mouse: a link, a locked guess, the run, its result."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from pglab.experiments.catalogue import experiments_of
from tests.browser.conftest import NewPage
from tests.browser.lab_page import STEPS, LabPage

EXPERIMENT = experiments_of("reinforce")[0]
WHOLE_RUN_MILLISECONDS = 240_000  # long enough for slow machines


def guess_is_drawn(lab: LabPage) -> bool:
    lab.panel("returns").scroll_into_view_if_needed()  # outside the window, it is not painted
    return any(trace.get("name") == "your guess" for trace in lab.traces("returns"))


def choices_of(page: Page) -> Locator:
    return page.get_by_role("radiogroup", name="Your guess").get_by_role("radio")


def place(page: Page, button: Locator) -> tuple[float, float]:
    """Return the scroll position of the page, and the button's distance from the window's top."""
    scrolled: float = page.get_by_test_id("stMain").evaluate("main => main.scrollTop")
    box = button.bounding_box()
    assert box is not None
    return scrolled, box["y"]


def assert_in_window(page: Page, *parts: Locator) -> None:
    for part in parts:
        box = part.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= page.viewport_size["height"]  # type: ignore[index]


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_the_page_stays_at_lock_and_shows_the_stage_at_run(
    new_page: NewPage, size: tuple[int, int]
) -> None:
    page = new_page(width=size[0], height=size[1])
    lab = LabPage(page).open(f"?try={EXPERIMENT.key}")
    choices_of(page).first.focus()
    page.keyboard.press("Space")
    lock = page.get_by_role("button", name="Lock my guess")
    expect(lock).to_be_enabled()
    lock.scroll_into_view_if_needed()
    lab.wait_until_quiet()
    before = place(page, lock)
    assert before[0] > 0, "this test needs a scrolled page"
    lock.click()
    start = page.get_by_role("button", name="Run it")
    expect(start).to_be_visible()
    lab.wait_until_quiet()
    assert place(page, start) == pytest.approx(before, abs=1)

    start.click()
    line = page.locator(".st-key-experiment_line")
    expect(line).to_contain_text(" · 12,000 steps")
    lab.wait_for_steps(2_000)
    assert_in_window(page, line, lab.panel("returns"))
    stands = place(page, lab.panel("returns"))
    why = line.get_by_role("button", name="Why?")
    expect(why).to_be_visible(timeout=WHOLE_RUN_MILLISECONDS)
    lab.wait_until_quiet()
    assert place(page, lab.panel("returns")) == pytest.approx(stands, abs=1)
    assert_in_window(page, line, lab.panel("returns"))
    lab.open_chapter("Idea")
    lab.to_top()
    why.click()
    expect(page.get_by_text("What you see.")).to_be_visible()
    lab.wait_until(lambda: place(page, why)[0] > 0, "the page to be scrolled to the explanation")


def press_by_key(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name)
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")


def test_a_guess_is_locked_and_the_run_answers_it(page: Page) -> None:
    lab = LabPage(page).open(f"?try={EXPERIMENT.key}")
    expect(page.get_by_role("radio", name="Try this")).to_be_checked()
    lock = page.get_by_role("button", name="Lock my guess")
    expect(lock).to_be_disabled()
    assert not guess_is_drawn(lab)

    choices = choices_of(page)
    choices.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(choices.first).to_be_checked()
    expect(lock).to_be_enabled()
    lab.wait_until_quiet()
    choices.first.focus()  # Streamlit may rebuild the choices meanwhile
    page.keyboard.press("Tab")
    expect(lock).to_be_focused()
    page.keyboard.press("Enter")
    expect(choices.first).to_be_disabled()
    lab.wait_until(lambda: guess_is_drawn(lab), "the guess in the return plot")
    assert lab.steps == 0, "locking a guess must not start training"

    press_by_key(page, "Run it")
    expect(page.locator(".st-key-experiment_line")).to_contain_text(" · 12,000 steps")
    expect(page.get_by_text("What you see")).to_have_count(0)
    lab.wait_until(lambda: lab.address.get("learning_rate") == "0.1", "the setting in the address")

    again = page.get_by_role("button", name="Try again with another seed")
    expect(again).to_be_visible(timeout=WHOLE_RUN_MILLISECONDS)
    expect(lab.number(STEPS)).to_have_text(f"{EXPERIMENT.steps:,}")
    expect(page.get_by_text(re.compile(r"8 of 8 seeds")).first).to_be_visible()
    lab.wait_until(lambda: guess_is_drawn(lab), "the guess beside the run")

    press_by_key(page, "Back to the usual settings")
    lab.wait_for_address(**{"try": EXPERIMENT.key})
    lab.to_top()
    lab.wait_for_annotations("run 1: α 0.1")
    assert lab.steps == 0
