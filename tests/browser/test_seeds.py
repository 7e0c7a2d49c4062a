"""A run with several seeds in a browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.lab_page import STEPS, LabPage

FEW_STEPS = 300


def test_paused_seeds_come_to_exactly_where_the_run_stands(page: Page) -> None:
    lab = LabPage(page).open("?seeds=3&at=0,0,0,0")  # the slice of the heatmap is fixed
    lab.press("step")  # further seeds advance too, even before Run
    subtitle = lab.panel("returns").locator(".pgl-subtitle")
    expect(subtitle).to_contain_text(re.compile(r"to step 1\b"), timeout=60_000)
    expect(lab.stage).to_have_attribute("data-running", "false")

    lab.run(until_steps=FEW_STEPS)
    lab.press("run")
    expect(lab.button("run")).not_to_contain_text("Pause")
    # The stage shows no run as soon as all seeds are at the same step.
    expect(lab.stage).to_have_attribute("data-running", "false", timeout=60_000)
    lab.wait_until(
        lambda: subtitle.inner_text().endswith(f"to step {lab.number(STEPS).inner_text()}"),
        "a band that ends where the run stands",
    )
    steps = lab.number(STEPS).inner_text()
    expect(subtitle).to_contain_text("3 seeds (first: 0)")
    names = [trace.get("name") for trace in lab.figure("returns")["data"]]
    assert "median of 3 seeds" in names
    before = lab.traces("policy_map")
    lab.choose("Player and heatmaps show", "seed 2")
    lab.wait_for_other_data("policy_map", before)
    assert lab.number(STEPS).inner_text() == steps
    expect(lab.exceptions).to_have_count(0)
