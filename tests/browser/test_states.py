"""Each page is checked in its states: legible texts, accessibility, and layout.

Each page is opened only once for all three checks, because opening and resizing take most time.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from pglab.session.side_by_side.comparison import LONGEST
from tests.browser.accessibility import expect_skip_link
from tests.browser.conftest import NewPage, Scheme, Shot
from tests.browser.inspection import Inspection
from tests.browser.lab_page import CRITIC_FIGURES, FIGURES, LabPage
from tests.browser.layout import (
    SEEN_TO_ITS_EDGE,
    assert_fits,
    assert_no_blank_panel,
    assert_nothing_reaches_out,
    assert_scene_suits,
    box,
)
from tests.browser.legibility import SETTLED_MILLISECONDS, illegible_now
from tests.browser.test_compare import FIGURES as COMPARE_FIGURES
from tests.browser.test_compare import ComparePage

KINDS = ["cut", "covered", "overlap", "wrapped"]
STAGE = ".pgl-stage"
CHAPTER = ".st-key-chapter"
TO_NUMBERS = ("Skip to numbers and pictures", STAGE)
TO_CHAPTERS = ("Skip to the chapters", "[class*='-chapter'] [role='radio']")
ENDLESS = "?stop_when_solved=off&total_steps=1000000&speed=500"  # no run ends during the checks
PROJECTORS = [(1920, 1080), (1366, 768)]


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


def test_home(new_page: NewPage, shot: Shot) -> None:
    page = new_page(scheme="dark")
    page.goto("/")
    clip = page.locator(".pgl-clip img").last
    expect(clip).to_be_visible()
    expect(page.locator(".pgl-map section")).to_have_count(3)
    expect(page.locator(".st-key-questions")).to_be_visible()
    start = page.locator(".st-key-start button")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        assert_nothing_reaches_out(page)
        assert_scene_suits(scheme, clip, shot(page, f"home-{scheme}"))
        assert start.evaluate(SEEN_TO_ITS_EDGE)
    inspection = Inspection(page)
    inspection.accessible("home")
    inspection.legible("home")
    inspection.legible_in_other_theme("home")
    inspection.expect_none()


@pytest.mark.parametrize(
    ("path", "figures", "scheme", "skip"),
    [
        ("reinforce", FIGURES, "dark", TO_NUMBERS),
        ("shared_body", CRITIC_FIGURES, "light", TO_CHAPTERS),
        ("split_bodies", CRITIC_FIGURES, "dark", TO_CHAPTERS),
    ],
)
def test_page_of_an_agent(
    new_page: NewPage,
    shot: Shot,
    path: str,
    figures: tuple[str, ...],
    scheme: Scheme,
    skip: tuple[str, str],
) -> None:
    """Check the page before, during and after a run, with an earlier run, and in all chapters."""
    lab = LabPage(new_page(scheme=scheme), path, figures).open(ENDLESS)
    inspection = Inspection(lab.page, scheme)
    expect_skip_link(lab.page, *skip)
    lab.to_top()
    assert lab.numbers() == ["0", "0", "–", "–"]
    fill_projectors(lab, scheme, shot, "before")
    inspection.accessible("before")
    lab.open_expander("Activation and batch")
    inspection.legible("before", last=STAGE)
    lab.to_top()

    lab.run(until_steps=500)
    fill_projectors(lab, scheme, shot, "running")
    inspection.accessible("running")
    inspection.legible("running", last=STAGE)
    lab.to_top()
    lab.pause()

    for pill in lab.page.locator(".st-key-panel_controls [role=toolbar] button").all():
        if pill.get_attribute("aria-pressed") != "true":
            pill.click()
            expect(pill).to_have_attribute("aria-pressed", "true")
    lab.wait_until_quiet()
    inspection.legible("with every panel", last=STAGE)
    inspection.legible_in_other_theme("with every panel")
    inspection.legible_under_pointer()

    lab.move_slider("Learning rate α", "ArrowRight")
    lab.press("reset")
    lab.press("update")
    lab.wait_until_quiet()
    inspection.legible("after an update and a run", last=STAGE)
    inspect_chapters(lab, inspection)
    inspection.expect_none()


def fill_projectors(lab: LabPage, scheme: Scheme, shot: Shot, state: str) -> None:
    """Check that the panels fit the window at the sizes of a projector and of a laptop."""
    for width, height in PROJECTORS:
        redraws = {key: lab.redraws(key) for key in lab.figures}
        lab.page.set_viewport_size({"width": width, "height": height})
        for key in lab.figures:
            lab.wait_for_redraws(key, redraws[key] + 1)
        picture = shot(lab.page, f"{lab.path}-{width}x{height}-{scheme}-{state}")
        assert_no_blank_panel(lab, picture)
        assert_scene_suits(scheme, lab.panel("player").locator(".pgl-canvas"), picture)
        assert_fits(lab)


def inspect_chapters(lab: LabPage, inspection: Inspection) -> None:
    titles = (
        lab.page.get_by_role("radiogroup", name="Chapter").get_by_role("radio").all_inner_texts()
    )
    assert len(titles) >= 5
    inspection.hide(STAGE)  # so no change of the window redraws its figures
    for title in titles:
        if title != titles[0]:
            lab.open_chapter(title, drawn=True)
        inspection.legible_from(CHAPTER, title)
        if lab.path == "shared_body":  # the other pages have the same chapters
            inspection.accessible(title, within=CHAPTER)


@pytest.mark.parametrize(
    ("pair", "further", "scheme"), [("gamma", (), "light"), ("body", ("cosine",), "dark")]
)
def test_comparison_of_two(
    new_page: NewPage, shot: Shot, pair: str, further: tuple[str, ...], scheme: Scheme
) -> None:
    compare = ComparePage(new_page(scheme=scheme)).open(f"?pair={pair}&steps={LONGEST}")
    inspection = Inspection(compare.page, scheme)
    expect_skip_link(compare.page, *TO_NUMBERS)
    compare.to_top()
    inspection.accessible("before")
    inspection.legible("before")
    compare.to_top()
    compare.run(until_steps=200)
    for width, height in PROJECTORS:
        compare.page.set_viewport_size({"width": width, "height": height})
        for key in (*COMPARE_FIGURES, *further):
            compare.wait_for_redraws(key, compare.redraws(key) + 2)
            assert box(compare.panel(key))[3] <= height, f"{key} is cut off"
        shot(compare.page, f"compare-{width}x{height}-{scheme}")
    inspection.accessible("running")
    inspect_run(compare, inspection)
    inspection.expect_none()


def test_comparison_of_four(page: Page) -> None:
    compare = ComparePage(page).open(f"?pair=cells&steps={LONGEST}")
    inspection = Inspection(page)
    inspection.legible("before")
    compare.to_top()
    compare.run(until_steps=500)
    inspect_run(compare, inspection)
    inspection.expect_none()


def inspect_run(compare: ComparePage, inspection: Inspection) -> None:
    """Check a running comparison, then the paused comparison, then the page after a reset."""
    inspection.legible("running", last=STAGE)
    compare.to_top()
    compare.pause()
    inspection.legible_in_other_theme("paused")
    inspection.legible_under_pointer()
    compare.press("reset")
    compare.wait_until_quiet()
    inspection.legible("after Reset", last=STAGE)


@pytest.mark.parametrize(
    ("path", "query"), [("reinforce", "?env_id=Acrobot-v1"), ("compare", "?seeds=3")]
)
def test_longer_names(page: Page, path: str, query: str) -> None:
    page.goto(f"/{path}{query}")
    LabPage(page, path).wait_for_redraws("returns", 1)
    inspection = Inspection(page)
    inspection.legible("before", last=STAGE)
    inspection.expect_none()


def test_gradient_lab(page: Page) -> None:
    page.goto("/gradient_lab")
    planes = page.locator(".js-plotly-plot")
    expect(planes).to_have_count(6)
    expect(page.locator(".pgl-facts tbody tr")).to_have_count(4)
    inspection = Inspection(page)
    expect_skip_link(page, *TO_CHAPTERS)
    inspection.accessible("measured")
    inspection.legible("measured")
    inspection.legible_in_other_theme("measured")
    inspection.legible_under_pointer()

    sides = []
    for width, height in ((1366, 768), (1920, 1080), (390, 844)):
        inspection.resize(width, height)
        assert_nothing_reaches_out(page)
        left, top, right, bottom = box(planes.first)
        assert abs((right - left) - (bottom - top)) <= 2
        sides.append(right - left)
    small, large, phone = sides
    assert large > 1.4 * small, "a large screen must show larger figures"
    assert phone > 300

    page.set_viewport_size({"width": 1366, "height": 768})
    page.get_by_role("slider", name="Episodes K").press("End")  # so many take a while
    page.get_by_role("button", name=re.compile(r"^Draw [\d,]+ episodes")).click()
    page.mouse.move(0, 0)  # away from the button, so that no tooltip opens
    expect(page.get_by_role("progressbar")).to_be_visible()
    inspection.accessible("drawing")
    inspection.expect_none()
