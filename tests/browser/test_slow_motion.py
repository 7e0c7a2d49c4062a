"""Slow motion in a browser, used only with the keyboard."""

from playwright.sync_api import Page, expect

from tests.browser.lab_page import LabPage


def test_an_update_taken_apart_with_the_keyboard(page: Page) -> None:
    lab = LabPage(page).open()
    lab.open_chapter("Slow motion")
    expect(page.locator(".pgl-phases")).to_be_visible()
    # While a chapter's title has the focus, the arrow keys would choose another chapter.
    page.keyboard.press("Tab")
    current = page.locator(".pgl-phases [aria-current]")
    expect(current).to_have_count(0)
    for phase in ("observe", "probabilities", "sample"):
        page.keyboard.press("ArrowRight")
        expect(current).to_contain_text(phase)
    expect(page.locator(".pgl-lit")).to_contain_text("action = sample_action(")
    page.keyboard.press("ArrowLeft")
    expect(current).to_contain_text("probabilities")
    assert lab.steps == 1
    page.keyboard.press("Shift+ArrowUp")
    expect(current).to_contain_text("returns")
    expect(page.locator('[data-panel="slow_batch"]')).to_have_attribute("data-emphasis", "lit")
    expect(page.locator('[data-panel="slow_player"]')).to_have_attribute("data-emphasis", "dim")
    for phase in ("weights", "loss", "gradient", "Adam step", "new policy"):
        page.keyboard.press("ArrowRight")
        expect(current).to_contain_text(phase)
    expect(page.locator('[data-panel="slow_difference"]')).to_be_visible()

    lab.move_slider("Discount γ", "ArrowLeft")  # on a slider, the arrow keys move the slider
    lab.wait_for_address(gamma="0.98")
    page.wait_for_timeout(300)
    expect(current).to_contain_text("new policy")
    expect(lab.exceptions).to_have_count(0)
