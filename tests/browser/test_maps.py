"""The page *Maps* in a browser: ready maps, a map of one's own, and what a reload brings back."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.inspection import Inspection
from tests.browser.layout import assert_nothing_reaches_out

TRAINING_MILLISECONDS = 120_000  # long enough for slow machines
OWN = "/maps?map=own&x=gamma&x_values=0.9;0.95;0.99;1&seeds=6&steps=200000&set.hidden_sizes=32"


def cell(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Cell")


# Tells whether Plotly has painted the first figure for the present width of the window.
FITS = """() => {
    const graph = document.querySelector(".js-plotly-plot");
    const painted = graph.querySelector(".main-svg").getBoundingClientRect().width;
    return Math.abs(painted - graph.getBoundingClientRect().width) < 2;
}"""


def test_a_ready_map_shows_at_once_and_a_click_chooses_a_cell(page: Page) -> None:
    page.goto("/maps")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    expect(cell(page)).to_have_value("γ 0.99, α 0.001")
    inspection = Inspection(page)
    inspection.accessible("ready map")
    inspection.legible("ready map")
    inspection.legible_in_other_theme("ready map")
    for width, height in ((1366, 768), (1920, 1080), (390, 844)):
        inspection.resize(width, height)
        assert_nothing_reaches_out(page)
    inspection.resize(1366, 768)
    page.wait_for_function(FITS)
    plane = page.locator(".js-plotly-plot .heatmaplayer").first.bounding_box()
    assert plane is not None
    page.mouse.move(plane["x"] + 0.9 * plane["width"], plane["y"] + 0.1 * plane["height"])
    expect(page.get_by_text("γ 1, α 0.02", exact=True)).to_be_visible()  # above the curves
    page.mouse.move(1, 1)
    expect(page.locator("strong", has_text="γ 0.99, α 0.001")).to_be_visible()
    page.mouse.click(plane["x"] + 0.3 * plane["width"], plane["y"] + 0.5 * plane["height"])
    expect(cell(page)).to_have_value("γ 0.9, α 0.001")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open REINFORCE with γ 0.9, α 0.001").click()
    expect(opened.value).to_have_url(re.compile(r"/reinforce\?.*gamma=0\.9"))
    inspection.expect_none()


def test_a_map_of_ones_own_goes_on_after_a_reload(page: Page) -> None:
    page.goto(OWN)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"^[1-9]\d* of 24 runs"))).to_be_visible(
        timeout=TRAINING_MILLISECONDS
    )
    page.get_by_role("button", name="Pause").click()
    go_on = page.get_by_role("button", name="Go on")
    expect(go_on).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile(r"^[1-9]\d* of 24 runs"))).to_be_visible()
    expect(go_on).to_be_visible()
    go_on.click()
    expect(page.get_by_text("24 of 24 runs")).to_be_visible(timeout=TRAINING_MILLISECONDS)
    expect(go_on).to_be_hidden()
    expect(page.get_by_text("6 seeds")).to_be_visible()
    page.reload()
    expect(page.get_by_text("24 of 24 runs")).to_be_visible()


def test_settings_of_a_page_become_a_map(page: Page) -> None:
    page.goto("/reinforce?gamma=0.9&hidden_sizes=8")
    page.get_by_role("button", name="Map these settings").click()
    expect(page).to_have_url(re.compile(r"/maps\?.*set\.gamma=0\.9"))
    expect(page.get_by_text("All other settings: γ 0.9, layers 8.")).to_be_visible()
    expect(page.get_by_text("0 of 90 runs")).to_be_visible()
