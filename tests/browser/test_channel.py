"""The live channel in a browser works after lost connections and restarts of the server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import AppServer, free_port, running_app
from tests.browser.lab_page import CRITIC_FIGURES, LabPage

ELSEWHERE = "about:blank"  # the app's page would report the end of the server
# Leads the live channel to another port, where no server answers.
LEAD_AWAY = """
    const Real = WebSocket;
    window.WebSocket = class extends Real {
        constructor(address, ...rest) {
            super(String(address).includes("/live/") ? "ws://127.0.0.1:9001/" : address, ...rest);
        }
    };"""
# Collects all WebSocket connections of the page.
NOTE_SOCKETS = """
    const Real = WebSocket;
    window.sockets = [];
    window.WebSocket = class extends Real {
        constructor(address, ...rest) {
            super(address, ...rest);
            window.sockets.push(this);
        }
    };"""
# Reads the address of the live channel that is open now, or an empty string.
READ_CHANNEL = """() =>
    window.sockets.filter(socket => socket.url.includes("/live/") && socket.readyState === 1)
        .map(socket => socket.url).at(-1) ?? ""
"""


@contextmanager
def app_at(tmp_path: Path, port: int) -> Iterator[AppServer]:
    with running_app(tmp_path / "server.log", port=port) as server:
        yield server


def test_without_websockets_pictures_come_slowly_and_the_page_says_so(
    page: Page, browser_errors: list[str]
) -> None:
    page.add_init_script(LEAD_AWAY)
    lab = LabPage(page)
    page.goto("/reinforce")
    expect(page.get_by_text("cannot open the live connection")).to_be_visible()
    lab.wait_until_painted()
    lab.run(until_steps=2_000)
    assert lab.pictures == 0
    lab.press("run")
    lab.expect_paused()
    steps = lab.steps
    page.wait_for_timeout(1_000)
    assert lab.steps == steps
    page.goto(ELSEWHERE)
    browser_errors.clear()  # expected errors: the connections failed


def test_a_broken_connection_comes_back(page: Page) -> None:
    page.add_init_script(NOTE_SOCKETS)
    lab = LabPage(page).open("?stop_when_solved=off&total_steps=1000000")
    lab.run(until_steps=300)
    page.evaluate("window.sockets.find(socket => socket.url.includes('/live/')).close()")
    pictures = lab.pictures
    lab.wait_until(lambda: lab.pictures > pictures + 2, "further pictures")
    lab.pause()


def test_a_page_recovers_if_the_server_has_forgotten_the_visit(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser_errors: list[str]
) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "0")
    page.add_init_script(NOTE_SOCKETS)
    lab = LabPage(page)
    port = free_port()

    def expect_the_run_back(forgotten: str) -> None:
        # Until the new visit's channel is open, the page shows the numbers and buttons of the old.
        lab.wait_until(lambda: page.evaluate(READ_CHANNEL) not in ("", forgotten), "a new channel")
        lab.wait_for_script()
        expect(lab.button("run").first).to_contain_text("Run")
        lab.wait_until(lambda: lab.steps > 0, "the stored run")
        lab.run(until_steps=lab.steps + 300)
        page.wait_for_timeout(2_000)  # until the run is saved

    with app_at(tmp_path, port) as server:
        lab.open(server=server.url)
        lab.run(until_steps=300)
        # The whole script runs once more. After that, Streamlit does not rerun it on reconnection.
        lab.move_slider("Discount γ", "ArrowLeft")
        lab.wait_for_address(gamma="0.98")
        lab.wait_for_script()
        address = lab.run_address
        channel = page.evaluate(READ_CHANNEL)
        page.evaluate("window.sockets.forEach(socket => socket.close())")
        expect_the_run_back(channel)
        assert lab.run_address == address, "the page continues its own run, not a copy"
        channel = page.evaluate(READ_CHANNEL)
    with app_at(tmp_path, port):
        expect_the_run_back(channel)
        lab.pause()
        page.goto(ELSEWHERE)
        browser_errors.clear()  # expected errors: the restart cut the connections


def test_another_visitor_watches_a_run_and_can_take_its_settings(page: Page) -> None:
    owner = LabPage(page, "shared_body", CRITIC_FIGURES).open("?gamma=0.9&speed=500")
    page.get_by_text("Let others watch").click()
    link = page.get_by_test_id("stCode").inner_text()
    other = page.context.new_page()
    watcher = LabPage(other)
    other.goto(link)
    expect(watcher.panel("value_map")).to_be_visible()
    owner.run(until_steps=500)
    watcher.wait_for_steps(500)
    other.get_by_text("Follow", exact=True).click()
    expect(watcher.stage).to_have_attribute("data-running", "false")
    steps = watcher.steps
    owner.wait_for_steps(steps + 500)
    assert watcher.steps == steps
    other.get_by_text("Follow", exact=True).click()
    watcher.wait_for_steps(steps + 500)
    owner.pause()
    watcher.wait_until(lambda: watcher.steps == owner.steps, "the paused picture")
    other.get_by_role("link", name="Open these settings").click()
    expect(other).to_have_url(re.compile("/shared_body.*gamma=0.9"))
    other.go_back()
    expect(watcher.panel("value_map")).to_be_visible()
    page.get_by_text("Let others watch").click()
    expect(other.get_by_text("This link shows no run")).to_be_visible()
    other.close()
