"""The home page in a browser, and changes between this page and other pages."""

import re

import psutil
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Shot
from tests.browser.harness import AppServer
from tests.browser.lab_page import ANY_NUMBER, LabPage, wait_until

WATCHED_MILLISECONDS = 1000
IDLE_SHARE = 0.2  # of one core's time; training takes at least half a core

# Leaves the page when the stage has decided to ask the server for the page, but before the request
# is sent.
LEAVE_BEHIND_A_REQUEST = """(stage, way) => new MutationObserver((changes, observer) => {
    observer.disconnect();
    const home = document.querySelector("[data-testid=stSidebarNav] a");
    way === "link" ? home.click() : history.back();
}).observe(stage, {attributeFilter: ["data-requests"]})"""
# Hides the click on a link from Streamlit, but not from the stage.
KEEP_FROM_STREAMLIT = """link => link.addEventListener("click", event => {
    event.preventDefault();
    event.stopPropagation();
})"""


def go_home(page: Page) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Policy Gradient Lab")).to_be_visible()


def open_reinforce(page: Page) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="REINFORCE").click()


def wait_until_moving(page: Page, picture: Locator) -> None:
    first = picture.screenshot()
    wait_until(page, lambda: picture.screenshot() != first, "another frame of the clip")


def wait_until_idle(page: Page, process: psutil.Process) -> None:
    """Wait until the server has stopped computing."""

    def is_idle() -> bool:
        before = cpu_seconds(process)
        page.wait_for_timeout(WATCHED_MILLISECONDS)
        return cpu_seconds(process) - before < IDLE_SHARE * WATCHED_MILLISECONDS / 1000

    wait_until(page, is_idle, "the server to stop computing")


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def test_home_shows_moving_clips_and_one_way_to_start(page: Page, shot: Shot) -> None:
    page.goto("/")
    clips = page.locator(".pgl-clip img")
    expect(clips).to_have_count(2)
    for clip in clips.all():
        expect(clip).to_be_in_viewport()
        wait_until_moving(page, clip)
    shot(page, "home")

    primary = page.get_by_test_id("stBaseButton-primary")
    expect(primary).to_have_count(1)
    expect(primary).to_be_in_viewport()
    expect(page.get_by_test_id("stException")).to_have_count(0)

    primary.click()
    expect(page).to_have_url(re.compile(r"/reinforce(\?run=.*)?$"))
    lab = LabPage(page)
    lab.wait_until_painted()
    lab.expect_running()
    lab.wait_for_steps(100)


def test_leaving_for_home_pauses_the_run_and_keeps_it(page: Page, app_server: AppServer) -> None:
    lab = LabPage(page).open()
    lab.run(until_steps=300)
    before = lab.steps
    go_home(page)
    wait_until_idle(page, app_server.process)

    open_reinforce(page)
    lab.wait_until_painted()
    lab.expect_paused()
    lab.wait_until_quiet()
    kept, returns = lab.numbers(), lab.returns()
    assert lab.steps >= before
    assert len(returns[0]) == lab.episodes
    assert not any("run 1" in text for text in lab.annotations()), "the run was started anew"

    go_home(page)
    open_reinforce(page)
    lab.wait_until_painted()
    assert lab.numbers() == kept
    assert lab.returns() == returns

    go_home(page)
    page.get_by_test_id("stBaseButton-primary").click()
    lab.wait_until_painted()
    lab.expect_running()
    lab.wait_until(lambda: lab.steps > int(kept[0].replace(",", "")), "the run to go on")


def open_compare(page: Page) -> LabPage:
    """Open Compare from the menu. With the first step, the stage asks the server for the page."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Compare").click()
    compare = LabPage(page, "compare", ("returns",))
    expect(compare.panel("returns")).to_have_attribute("data-redraws", ANY_NUMBER)
    return compare


def test_a_request_under_way_does_not_bring_the_page_back(page: Page) -> None:
    for way in ("link", "back"):
        page.goto("/")
        compare = open_compare(page)
        compare.stage.evaluate(LEAVE_BEHIND_A_REQUEST, way)
        compare.press("run")
        expect(page.get_by_role("heading", name="Policy Gradient Lab")).to_be_visible()
        page.wait_for_timeout(WATCHED_MILLISECONDS)
        expect(page.get_by_role("heading", name="Policy Gradient Lab")).to_be_visible()


def test_no_request_follows_the_wish_for_another_page(page: Page) -> None:
    page.goto("/")
    compare = open_compare(page)
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home")
    link.evaluate(KEEP_FROM_STREAMLIT)
    link.click()
    compare.press("run")
    compare.wait_for_steps(1)
    page.wait_for_timeout(WATCHED_MILLISECONDS)
    assert compare.requests == 0


def test_settings_survive_a_visit_to_the_home_page(page: Page) -> None:
    lab = LabPage(page).open("?gamma=0.9&x=0&y=1")
    lab.press("update")
    lab.expect_update(1)
    go_home(page)
    open_reinforce(page)
    lab.wait_until_painted()

    expect(lab.slider("Discount γ")).to_have_attribute("aria-valuetext", "0.9")
    expect(lab.axis_title("policy_map", "x")).to_have_text("cart position (m)")
    lab.expect_update(1)
    lab.wait_for_address(gamma="0.9", x="0", y="1")


def test_closing_the_tab_stops_the_training(page: Page, app_server: AppServer) -> None:
    page.goto("/")
    server = app_server.process

    def visit() -> None:
        tab = page.context.new_page()
        LabPage(tab).open().run(until_steps=300)
        tab.close()
        wait_until_idle(page, server)

    visit()  # the first visit also starts threads that send files
    threads = server.num_threads()
    visit()
    wait_until(page, lambda: server.num_threads() <= threads + 2, "the server's threads to end")
