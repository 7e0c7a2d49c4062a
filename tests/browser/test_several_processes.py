"""Pages on two processes of the app behind nginx, with one database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from pglab.ui.shell.process.process_name import COOKIE
from tests.browser.conftest import fail_plainly
from tests.browser.lab_page import LabPage
from tests.several_processes import SeveralProcesses, several_processes


@pytest.fixture
def several(tmp_path: Path) -> Iterator[SeveralProcesses]:
    with fail_plainly(), several_processes(tmp_path, f"sqlite:///{tmp_path}/runs.sqlite3") as both:
        yield both


def visitor_of(browser: Browser, url: str, process: str) -> BrowserContext:
    """A browser whose pages a certain process has shown."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    parts = urlsplit(url)
    context.add_cookies(
        [{"name": COOKIE, "value": process, "domain": parts.hostname or "", "path": parts.path}]
    )
    return context


def process_of(context: BrowserContext) -> str:
    return next(c["value"] for c in context.cookies() if c["name"] == COOKIE)


def test_watchers_come_to_the_process_of_the_run_and_pages_survive_its_end(
    several: SeveralProcesses, browser: Browser
) -> None:
    owner = visitor_of(browser, several.url, "1")
    watcher = visitor_of(browser, several.url, "2")
    lab = LabPage(owner.new_page())
    lab.open("?stop_when_solved=off&total_steps=1000000", server=several.url)
    lab.page.get_by_text("Let others watch").click()
    link = lab.page.get_by_test_id("stCode").filter(has_text="watch?live=1.").inner_text()
    lab.run(until_steps=300)
    assert lab.pictures > 1
    assert process_of(owner) == "1"

    seen = LabPage(watcher.new_page())
    seen.page.goto(link.strip())
    seen.wait_until(lambda: seen.pictures > 1, "pictures of the other visitor's run")
    assert process_of(watcher) == "1"

    lab.wait_until(lambda: lab.run_address is not None, "a saved run")
    several.kill("1")
    lab.wait_until(lambda: process_of(owner) == "2", "the other process")
    lab.wait_until(lambda: lab.steps > 0, "the stored run")
    lab.run(until_steps=300)
    expect(seen.page.get_by_text("This link shows no run")).to_be_visible()
    owner.close()
    watcher.close()
