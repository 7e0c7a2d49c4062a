"""No text of any page is cut, covered or wrapped out of its row, whatever the window."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shot
from tests.browser.lab_page import LabPage
from tests.browser.legibility import Faults, illegible_now

KINDS = ["cut", "covered", "overlap", "wrapped"]
STAGE = ".pgl-stage"
CHAPTER = ".st-key-chapter"


def test_what_cannot_be_read_is_found(page: Page, shot: Shot) -> None:
    page.goto("/")
    expect(page.locator(".pgl-clip img").last).to_be_visible()
    assert illegible_now(page) == set()
    page.evaluate(
        """() => {
            const place = "position:absolute;z-index:9;background:#fff;color:#000;";
            const main = document.querySelector("[data-testid=stMain]");
            main.querySelector("[data-testid=stMainBlockContainer]").style.display = "none";
            main.insertAdjacentHTML("beforeend", `
              <div style="${place}left:400px;top:300px;width:60px;overflow:hidden;
                white-space:nowrap;text-overflow:ellipsis">cut in the middle of a sentence</div>
              <div style="${place}left:400px;top:400px;width:300px;height:30px;overflow:hidden">
                <p style="margin-top:20px">cut below</p></div>
              <div style="${place}left:1300px;top:340px;width:200px">beyond the window</div>
              <div style="${place}left:800px;top:400px">one text</div>
              <div style="${place}left:820px;top:405px;background:none">over another</div>
              <div style="${place}left:800px;top:500px">under a box</div>
              <div style="${place}left:790px;top:490px;width:200px;height:60px;
                background:#ccc"></div>
              <div class="pgl-header" style="${place}left:400px;top:560px;width:450px;
                display:flex;flex-wrap:wrap;height:auto">
                <b style="width:300px">the first part</b><b style="width:300px">the second</b>
              </div>`);
        }"""
    )
    found = illegible_now(page)
    shot(page, "illegible-on-purpose")
    kinds = {kind: [line for line in found if line.startswith(kind)] for kind in KINDS}
    assert {kind: len(lines) for kind, lines in kinds.items()} == {
        "cut": 3,
        "covered": 1,
        "overlap": 1,
        "wrapped": 1,
    }
    assert len(found) == 6, found


@pytest.mark.parametrize(
    ("path", "drawn"), [("", ".pgl-clip img"), ("gradient_lab", ".js-plotly-plot")]
)
def test_a_page_without_a_run_can_be_read(page: Page, path: str, drawn: str) -> None:
    page.goto(f"/{path}")
    expect(page.locator(drawn).last).to_be_visible()
    faults = Faults(page)
    faults.look_everywhere("at rest")
    faults.look_in_the_dark("at rest")
    faults.hover_over_figures()
    faults.expect_none()


@pytest.mark.parametrize("pair", ["", "?pair=cells"])
def test_a_comparison_can_be_read(page: Page, pair: str) -> None:
    faults = Faults(page)
    page.goto(f"/compare{pair}")
    lab = LabPage(page, "compare", ("returns",))
    lab.wait_for_redraws("returns", 1)
    faults.look_everywhere("at rest")
    lab.run(until_steps=500)
    faults.look_everywhere("running", last=STAGE)
    lab.to_top()
    lab.pause()
    faults.look_in_the_dark("paused")
    faults.hover_over_figures()
    lab.press("reset")
    lab.wait_until_quiet()
    faults.look_everywhere("after Reset", last=STAGE)
    faults.expect_none()


@pytest.mark.parametrize(
    ("path", "query"), [("reinforce", "?env_id=Acrobot-v1"), ("compare", "?seeds=3")]
)
def test_longer_names_can_be_read(page: Page, path: str, query: str) -> None:
    page.goto(f"/{path}{query}")
    LabPage(page, path).wait_for_redraws("returns", 1)
    faults = Faults(page)
    faults.look_everywhere("at rest", last=STAGE)
    faults.expect_none()


@pytest.mark.parametrize("path", ["reinforce", "shared_body", "split_bodies"])
def test_an_agent_can_be_read(page: Page, path: str) -> None:
    """It can be read at rest, during a run, after it, with an earlier run, and in every chapter."""
    faults = Faults(page)
    lab = LabPage(page, path, ("returns",)).open()
    lab.open_expander("Activation and batch")
    faults.look_everywhere("at rest")
    lab.to_top()
    lab.run(until_steps=500)
    faults.look_everywhere("running", last=STAGE)
    lab.to_top()
    lab.pause()
    for pill in page.locator(".st-key-panel_controls [role=toolbar] button").all():
        if pill.get_attribute("aria-pressed") != "true":
            pill.click()
            expect(pill).to_have_attribute("aria-pressed", "true")
    lab.wait_until_quiet()
    faults.look_everywhere("with every panel", last=STAGE)
    faults.look_in_the_dark("with every panel")
    faults.hover_over_figures()
    lab.move_slider("Learning rate α", "ArrowRight")
    lab.press("reset")
    lab.press("update")
    lab.wait_until_quiet()
    faults.look_everywhere("after an update and a run", last=STAGE)
    titles = page.get_by_role("radiogroup", name="Chapter").get_by_role("radio").all_inner_texts()
    assert len(titles) >= 5
    for title in titles[1:]:
        lab.open_chapter(title, drawn=True)
        faults.look_everywhere(title, first=CHAPTER)
    faults.expect_none()
