"""The gradient lab in a browser: measurements that are started, cancelled and completed."""

from playwright.sync_api import Page, expect

MEASUREMENT_MILLISECONDS = 120_000  # long enough for slow machines


def test_episodes_are_drawn_can_be_cancelled_and_give_numbers(page: Page) -> None:
    page.goto("/gradient_lab?step=60000&episodes=500")
    cancel = page.get_by_role("button", name="Cancel")
    expect(page.get_by_role("progressbar")).to_be_visible()
    cancel.click()
    expect(page.get_by_role("button", name="Draw 500 episodes")).to_be_enabled()
    former = page.get_by_test_id("stCaptionContainer").filter(has_text="Former result")
    expect(former).to_contain_text("100 episodes (seed 0) of REINFORCE after 20,000")
    rows = page.locator(".pgl-facts tbody tr")
    expect(rows).to_have_count(4)
    expect(page.locator(".js-plotly-plot")).to_have_count(6)
    before = rows.all_inner_texts()

    slider = page.locator('input[type="range"][aria-label="Episodes K"]')
    slider.focus()
    slider.press("Home")
    page.get_by_role("button", name="Draw 10 episodes").click()
    found = page.get_by_text("Shown: 10 episodes (seed 0) of REINFORCE after 60,000 training")
    expect(found).to_be_visible(timeout=MEASUREMENT_MILLISECONDS)
    expect(former).to_be_hidden()
    expect(page.get_by_role("button", name="Draw 10 other episodes")).to_be_enabled()
    expect(page.get_by_text("the variance on these 10 episodes is")).to_be_visible()
    assert rows.all_inner_texts() != before
    assert "nan" not in "".join(rows.all_inner_texts()).lower()
    expect(page.get_by_test_id("stException")).to_have_count(0)
