"""The pages of the actor-critics draw every panel, their switches work, and no panel is blank."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lab_page import CRITIC_FIGURES, LabPage

ALWAYS = [
    "Losses and layers",
    "Weights of the last steps",
    "Target against estimate",
    "TD error",
    "Replay buffer",
    "Gradient norms",
    "Entropy of the policy",
]
LOSS = "Actor's loss"  # the plot of the loss is below the returns
KEYS = {
    "Interference": "conflict",
    "Norms on the shared body": "shared_norms",
    "Losses and layers": "drawing",
    "Weights of the last steps": "weights",
    "Target against estimate": "td_fit",
    "TD error": "td_error",
    "Replay buffer": "buffer",
    "Gradient norms": "gradient_norms",
    "Entropy of the policy": "entropy",
    LOSS: "returns",
}
PAGES = {
    "shared_body": (
        [LOSS, "Interference", "Norms on the shared body", *ALWAYS],
        [LOSS, "Interference", "Losses and layers"],
    ),
    "split_bodies": ([LOSS, *ALWAYS], [LOSS, "Losses and layers", "Replay buffer"]),
}


@pytest.mark.parametrize("path", PAGES)
def test_a_step_is_one_step_and_every_further_panel_is_drawn_while_training(
    page: Page, path: str
) -> None:
    offered, opened = PAGES[path]
    lab = LabPage(page, path, CRITIC_FIGURES).open()
    pills = page.locator("[class*='st-key-'][class*='extras'] button")
    expect(pills).to_have_text(offered)
    for steps in (1, 2, 3):
        lab.press("step")
        lab.wait_until(lambda steps=steps: lab.steps == steps, f"step {steps}")  # type: ignore[misc]
    for title in offered:
        if title not in opened:
            lab.pill(title).click()
    lab.to_top()
    lab.run(until_steps=200)
    for title in offered:
        key = KEYS[title]
        lab.panel(key).scroll_into_view_if_needed()
        lab.wait_for_redraws(key, 2)
    expect(lab.panel("drawing").locator(".annotation-text").first).to_be_visible()
    expect(lab.exceptions).to_have_count(0)
    lab.to_top()
    lab.pause()


def test_the_norms_in_the_drawing_go_on_between_plotlys_pictures(page: Page) -> None:
    lab = LabPage(page, "split_bodies", CRITIC_FIGURES).open("?speed=full")
    drawing = lab.panel("drawing")

    def shown() -> list[str]:
        return drawing.locator(".annotation-text").all_text_contents()

    def drawn_by_plotly() -> list[str]:
        texts = [annotation["text"] for annotation in lab.figure("drawing")["annotations"]]
        return [re.sub("<[^>]*>", "", text) for text in texts]

    lab.run(until_steps=200)
    drawing.scroll_into_view_if_needed()  # figures outside the window are not painted
    lab.wait_until(lambda: shown() != drawn_by_plotly(), "norms that Plotly has not drawn")
    assert len(shown()) == len(drawn_by_plotly()) == 7
    lab.pause()
    drawing.scroll_into_view_if_needed()
    lab.wait_until(lambda: shown() == drawn_by_plotly(), "Plotly's own picture at rest")


def test_the_critics_heatmap_shows_what_is_chosen(page: Page) -> None:
    lab = LabPage(page, "shared_body", CRITIC_FIGURES).open()
    title = lab.panel("value_map").locator(".pgl-title")
    expect(title).to_have_text("Critic: V(s) = Σ π·Q")
    before = lab.traces("value_map")
    lab.choose("Critic's heatmap", "A(s, left)")
    expect(title).to_have_text("Critic: A(s, left)")
    lab.wait_for_other_data("value_map", before)
    lab.wait_for_address(critic="3")


def test_the_critic_is_put_to_the_test_on_demand(page: Page) -> None:
    lab = LabPage(page, "split_bodies", CRITIC_FIGURES).open("?hidden_sizes=8")
    lab.open_chapter("Fresh episodes")
    lab.press("evaluate")
    expect(page.get_by_text(re.compile("Does the critic tell the truth"))).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart").locator(".main-svg").first).to_be_visible()
    assert lab.steps == 0
