"""Rewind and fork in a browser. After a rewind, the panels show the chosen earlier step."""

from playwright.sync_api import Page, expect

from tests.browser.lab_page import LabPage


def test_going_back_shows_at_once_and_a_fork_keeps_the_run(page: Page) -> None:
    lab = LabPage(page).open("?stop_when_solved=off")
    lab.run(until_steps=2_000)
    lab.pause()
    lab.open_chapter("Rewind and fork")
    reached = lab.steps
    lab.move_slider("Go to environment step", "ArrowLeft")
    lab.wait_until(lambda: lab.steps < reached, "fewer steps")
    back = lab.steps
    expect(page.get_by_text(f"At step {back:,} of {reached:,}.")).to_be_visible()
    lab.button("rewind_fork").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"forked at step {back:,} from run 1")).to_be_visible()
    assert lab.steps == back
    lab.to_top()
    lab.wait_for_annotations("run 1: same settings")
    expect(lab.exceptions).to_have_count(0)


def test_quick_presses_of_a_key_leave_the_chapter_open(page: Page) -> None:
    lab = LabPage(page).open("?stop_when_solved=off")
    lab.run(until_steps=6_000)
    lab.pause()
    lab.open_chapter("Rewind and fork")
    slider = lab.slider("Go to environment step")
    expect(slider).to_be_enabled()
    slider.focus()
    for milliseconds in (0, 50, 150, 20, 100, 0, 120, 70):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(milliseconds)
    lab.wait_until_quiet()
    expect(lab.exceptions).to_have_count(0)
    expect(slider).to_be_enabled()
