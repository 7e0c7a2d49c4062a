"""The player stops at a frame by button and by key, and the chapter explains this frame."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.lab_page import LabPage


def step_shown(lab: LabPage) -> int:
    return int(lab.panel("player").locator(".pgl-caption").inner_text().split()[1])


def button(within: Locator, name: str) -> Locator:
    return within.get_by_role("button", name=name)


def test_the_chapter_explains_the_frame_at_which_the_player_stops(page: Page) -> None:
    lab = LabPage(page).open("?chapter=why")
    lab.stage = page.locator("#stage")  # the chapter has a second stage
    player, chapter = lab.panel("player"), page.locator(".st-key-why")
    expect(chapter).to_contain_text("step 0.")
    # With reduced motion, the player of a paused run stands still.
    frames = lab.frames_drawn
    expect(button(player, "Play on")).to_be_visible()
    lab.wait_until_quiet()
    assert lab.frames_drawn == frames

    lab.to_top()
    lab.run(until_steps=500)
    lab.wait_until(lambda: step_shown(lab) > 3, "a frame of an episode that has begun")
    button(player, "Stop at this frame").click()
    seen = step_shown(lab)
    lab.expect_paused()
    expect(lab.subtitle("player")).to_contain_text("the policy now")
    assert step_shown(lab) == seen
    expect(chapter).to_contain_text(f"step {seen}.")
    steps = lab.steps

    button(player, "One frame back").focus()
    page.keyboard.press("ArrowLeft")
    expect(chapter).to_contain_text(f"step {seen - 1}.")
    assert step_shown(lab) == seen - 1
    chosen = player.locator(".pgl-chosen .pgl-action-name").inner_text()
    expect(chapter.locator("[data-panel='why_pushes'] .pgl-title")).to_have_text(
        f"Pushes on log π({chosen})"
    )
    button(chapter, "One frame forward").click()
    button(chapter, "One frame forward").click()
    expect(chapter).to_contain_text(f"step {seen + 1}.")
    assert step_shown(lab) == seen + 1
    assert lab.steps == steps
    expect(lab.exceptions).to_have_count(0)
