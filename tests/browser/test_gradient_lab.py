"""The gradient lab in a browser: draw, cancel, draw to the end."""

from playwright.sync_api import Page, expect

MEASUREMENT_MILLISECONDS = 120_000  # a bound on a slow machine, not a promise of speed


def test_episodes_are_drawn_can_be_cancelled_and_give_numbers(page: Page) -> None:
    page.goto("/gradient_lab?episodes=500")
    draw = page.get_by_role("button", name="Draw 500 episodes")
    rows = page.locator(".pgl-facts tbody tr")
    expect(draw).to_be_enabled()
    expect(rows).to_have_count(4)
    before = rows.all_inner_texts()
    expect(page.locator(".js-plotly-plot")).to_have_count(5)

    draw.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(draw).to_be_enabled()
    assert rows.all_inner_texts() == before, "what was cancelled leaves the former numbers"

    slider = page.locator('input[type="range"][aria-label="Episodes K"]')
    slider.focus()
    slider.press("Home")
    draw = page.get_by_role("button", name="Draw 10 episodes")
    draw.click()
    found = page.get_by_text("Shown below: REINFORCE, default settings, trained here")
    expect(found).to_contain_text("10 episodes, seed 0", timeout=MEASUREMENT_MILLISECONDS)
    expect(page.get_by_text("On these 10 episodes reward-to-go leaves")).to_be_visible()
    assert rows.all_inner_texts() != before
    assert "nan" not in "".join(rows.all_inner_texts()).lower()
    expect(page.get_by_test_id("stException")).to_have_count(0)
