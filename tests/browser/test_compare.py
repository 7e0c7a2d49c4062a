"""The page Compare: pairs wait for Run, agents train in lock step, links restore a comparison."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lab_page import ANY_NUMBER, LabPage

FIGURES = ("returns", "policy_A", "policy_B")
USUAL = "seminar"
OTHERS = ["body", "data", "frequency", "gamma", "learning_rate", "cells"]


class ComparePage(LabPage):
    """The page Compare in a browser tab."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, "compare", FIGURES)

    def wait_until_painted(self) -> None:
        for key in self.figures:
            self.panel(key).scroll_into_view_if_needed()
            self.wait_for_redraws(key, 1)
        self.to_top()

    def choose_pair(self, name: str) -> None:
        self.press(f"pair_{name}")


def test_every_ready_made_pair_is_set_up_and_waits_for_run(page: Page) -> None:
    compare = ComparePage(page).open()
    for name in [*OTHERS, USUAL]:
        compare.choose_pair(name)
        compare.wait_for_address(**({} if name == USUAL else {"pair": name}))
        compare.wait_until(lambda: compare.steps == 0, "a fresh start")
        compare.expect_paused()
        compare.run(until_steps=10)
        page.wait_for_timeout(300)  # late requests may still contain old values
        assert compare.address == ({} if name == USUAL else {"pair": name})
        expect(compare.exceptions).to_have_count(0)
    compare.pause()


def test_one_step_is_one_step_of_both_and_a_reset_keeps_overlay_and_row(page: Page) -> None:
    compare = ComparePage(page).open("?pair=gamma")
    compare.press("steps_1")
    compare.wait_until(lambda: compare.steps == 1, "one step")
    compare.press("steps_1000")
    compare.wait_until(lambda: compare.steps == 1001, "1,000 steps more")
    compare.press("reset")
    compare.wait_until(lambda: compare.steps == 0, "the reset")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    named = ["run 1: γ 0.9", "run 1: γ 0.99"]
    compare.wait_until(lambda: sorted(compare.annotations()) == named, "overlays")
    expect(compare.subtitle("returns")).to_contain_text("dotted: earlier")


def test_a_link_restores_a_free_comparison(page: Page) -> None:
    link = {"pair": "free", "seeds": "2", "a": "reinforce", "a.gamma": "0.9"}
    link |= {"b": "actor_critic", "b.body": "split"}
    query = "?" + "&".join(f"{name}={value}" for name, value in link.items())
    compare = ComparePage(page).open(query)
    compare.wait_for_address(**link)
    expect(page.get_by_text("things differ at once")).to_be_visible()
    expect(compare.subtitle("returns")).to_contain_text("2 seeds (first: 0)")
    compare.run(until_steps=50)
    compare.pause()


def test_a_setting_changed_mid_run_makes_a_fresh_start_that_waits(page: Page) -> None:
    compare = ComparePage(page).open("?pair=gamma")
    compare.run(until_steps=500)
    compare.move_slider("Learning rate α ↻", "ArrowRight")
    compare.wait_until(lambda: compare.address.get("pair") == "free", "a free comparison")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()  # it contains the former comparison
    compare.expect_paused()
    assert compare.steps == 0
    expect(compare.exceptions).to_have_count(0)


def test_the_algorithm_of_a_side_is_chosen_in_the_sidebar(page: Page) -> None:
    compare = ComparePage(page).open("?pair=gamma")
    page.get_by_test_id("stSidebar").get_by_text("γ 0.9", exact=True).click()
    compare.press("kind_actor_critic")
    compare.wait_for_address(pair="free", a="reinforce", b="actor_critic")
    expect(page.get_by_text("things differ at once")).to_be_visible()
    compare.choose_pair("cells")
    compare.wait_for_address(pair="cells")
    compare.choose_pair("gamma")
    compare.wait_for_address(pair="gamma")


def test_the_heatmaps_axes_are_those_of_the_controls_and_of_the_link(page: Page) -> None:
    compare = ComparePage(page).open("?x=0&y=1")
    for key in ("policy_A", "policy_B"):
        expect(compare.axis_title(key, "x")).to_have_text("cart position (m)")
    compare.choose("Heatmap: vertical axis", "pole angle (rad)")
    compare.wait_for_address(x="0", y="2")
    compare.to_top()
    for key in ("policy_A", "policy_B"):
        expect(compare.axis_title(key, "y")).to_have_text("pole angle (rad)")
    assert compare.steps == 0
    expect(compare.exceptions).to_have_count(0)


@pytest.mark.parametrize(("pair", "letters"), [("gamma", "AB"), ("cells", "ABCD")])
def test_every_agent_plays_beside_its_heatmap(page: Page, pair: str, letters: str) -> None:
    compare = ComparePage(page).open(f"?pair={pair}")
    page.get_by_text("Show the agents playing").click()
    for letter in letters:
        player, heatmap = compare.panel(f"player_{letter}"), compare.panel(f"policy_{letter}")
        player.scroll_into_view_if_needed()
        expect(player).to_have_attribute("data-frames-drawn", ANY_NUMBER)
        expect(heatmap.locator(".pgl-playhead")).to_be_visible()
        heights = {panel.bounding_box()["y"] for panel in (player, heatmap)}  # type: ignore[index]
        assert len(heights) == 1, f"the panels of {letter} are not side by side"
    compare.press("steps_1")
    compare.wait_until(lambda: compare.steps == 1, "one step")
    compare.run(until_steps=300)  # then each agent has episodes, and each line is drawn
    redraws = compare.redraws("returns")
    compare.wait_for_redraws("returns", redraws + 2)
    expect(compare.exceptions).to_have_count(0)


def test_several_seeds_have_a_band_and_one_of_them_is_watched(page: Page) -> None:
    compare = ComparePage(page).open("?seeds=3&pair=gamma")
    assert not any("fill" in trace for trace in compare.traces("returns")), "a guess comes first"
    compare.press("steps_1000")
    subtitle = compare.panel("returns").locator(".pgl-subtitle")
    expect(subtitle).to_contain_text("3 seeds (first: 0)", timeout=60_000)
    expect(subtitle).to_contain_text("1,000 steps", timeout=60_000)
    expect(compare.stage).to_have_attribute("data-running", "false")
    filled = [trace for trace in compare.traces("returns") if trace.get("fill") == "toself"]
    assert len(filled) == 3  # two bands of the agents, one band of stored runs
    before = compare.traces("policy_A")
    compare.choose("Player and heatmaps show", "seed 2")
    compare.wait_for_other_data("policy_A", before)
    expect(compare.panel("policy_B").locator(".pgl-title")).to_contain_text("γ 0.9, seed 2")
    compare.press("reset")
    compare.wait_until(lambda: compare.steps == 0, "a fresh start")
    expect(compare.panel("policy_B").locator(".pgl-title")).to_contain_text("γ 0.9, seed 2")
    expect(compare.exceptions).to_have_count(0)
