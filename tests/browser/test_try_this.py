"""Predict, then run, without a mouse: a lesson's link, a locked guess, the run and its result."""

import re

from playwright.sync_api import Page, expect

from pglab.experiments import experiments_of
from tests.browser.lab_page import STEPS, LabPage

EXPERIMENT = experiments_of("reinforce")[0]
WHOLE_RUN_MILLISECONDS = 240_000  # a bound on a slow machine, not a promise of speed


def guess_is_drawn(lab: LabPage) -> bool:
    lab.panel("returns").scroll_into_view_if_needed()  # figures out of sight are not painted
    return any(trace.get("name") == "your guess" for trace in lab.traces("returns"))


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

    choices = page.get_by_role("radiogroup", name="Your guess").get_by_role("radio")
    choices.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(choices.first).to_be_checked()
    expect(lock).to_be_enabled()
    page.keyboard.press("Tab")
    expect(lock).to_be_focused()
    page.keyboard.press("Enter")
    expect(choices).to_have_count(0)
    lab.wait_until(lambda: guess_is_drawn(lab), "the guess in the return plot")
    assert lab.steps == 0, "locking must not train"

    press_by_key(page, "Run it")
    expect(page.get_by_text("appears here after 12,000 steps")).to_be_visible()
    expect(page.get_by_text("What you see")).to_have_count(0)
    assert lab.address["learning_rate"] == "0.1"

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
