"""In a browser: runs come back after a reload, and after the server was killed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser.harness import AppServer, free_port, running_app
from tests.browser.killing import kill_while_three_visitors_train
from tests.browser.lab_page import CRITIC_FIGURES, LabPage
from tests.browser.test_channel import ELSEWHERE
from tests.browser.test_compare import ComparePage
from tests.browser.test_try_this import choices_of, guess_is_drawn


def test_a_reload_brings_back_the_run_with_everything_beside_it(page: Page) -> None:
    lab = LabPage(page).open("?try=no_foresight&gamma=0.9")
    lock = page.get_by_role("button", name="Lock my guess")
    choices_of(page).first.check(force=True)
    expect(lock).to_be_enabled()
    lab.wait_until_quiet()
    lock.click()
    lab.wait_until(lambda: guess_is_drawn(lab), "the guess")
    lab.run(until_steps=300)
    lab.pause()
    lab.press("reset")
    lab.run(until_steps=400)
    lab.pause()
    lab.wait_until(lambda: lab.run_address is not None, "an address")
    numbers, returns = lab.numbers()[:3], lab.returns()
    lab.open_chapter("Runs of this visit")
    lab.wait_until(lambda: len(lab.runs_table()) == 2, "both runs")
    runs = lab.runs_table()
    page.reload()
    lab.wait_until_painted()
    assert lab.numbers()[:3] == numbers
    assert lab.returns() == returns
    assert guess_is_drawn(lab)
    lab.wait_until(lambda: lab.runs_table() == runs, "the table of runs")
    assert lab.slider("Discount γ").get_attribute("aria-valuetext") == "0.9"
    lab.run(until_steps=lab.steps + 300)
    lab.pause()


def test_a_reload_brings_back_a_comparison_with_all_its_seeds(page: Page) -> None:
    compare = ComparePage(page).open("?pair=gamma&seeds=2")
    compare.run(until_steps=300)
    compare.pause()
    compare.press("reset")
    compare.wait_until(lambda: compare.steps == 0, "the reset")
    compare.choose("Your guess: which side is ahead at the end?", "about equal")
    expect(page.get_by_text("your guess: about equal")).to_be_visible()
    compare.run(until_steps=400)
    compare.pause()
    compare.wait_until(lambda: compare.run_address is not None, "an address")
    shown = shown_by(compare)
    for _reload in range(2):
        page.reload()
        compare.wait_until_painted()
        compare.wait_until(lambda: shown_by(compare) == shown, "the same comparison")
        expect(page.get_by_text("your guess: about equal")).to_be_visible()
        compare.expect_paused()
    expect(compare.exceptions).to_have_count(0)
    compare.run(until_steps=compare.steps + 300)
    compare.pause()


def shown_by(compare: ComparePage) -> tuple[object, ...]:
    """The steps and returns, the curves, the earlier comparison, and the address of the page."""
    return (
        compare.numbers()[:3],
        compare.traces("returns"),
        compare.annotations(),
        compare.runs_table(),
        compare.run_address,
        compare.address,
    )


def test_back_and_forward_move_between_runs(page: Page) -> None:
    lab = LabPage(page).open()
    steps = []
    for number in (1, 2):
        lab.run(until_steps=300 * number)
        lab.pause()
        lab.wait_until(lambda: lab.run_address is not None, "an address")
        steps.append(lab.steps)
        if number == 1:
            first = lab.run_address
            lab.press("reset")
            lab.wait_until(lambda: lab.steps == 0, "a new run")
    second = lab.run_address
    assert first != second
    page.wait_for_timeout(2_500)
    page.evaluate("history.go(-1)")
    if lab.run_address is None:  # the page before the second run began
        page.evaluate("history.go(-1)")
    lab.wait_until(lambda: lab.steps == steps[0], "the first run")
    assert lab.run_address == first
    page.wait_for_timeout(2_500)
    page.go_forward()
    lab.wait_until(lambda: lab.steps == steps[1] or lab.run_address != first, "another address")


def test_another_tab_and_another_person_get_a_copy(
    page: Page, browser: Browser, app_server: AppServer
) -> None:
    lab = LabPage(page).open()
    lab.run(until_steps=300)
    lab.pause()
    lab.wait_until(lambda: lab.run_address is not None, "an address")
    steps, address = lab.steps, lab.run_address
    stranger = browser.new_context(base_url=app_server.url).new_page()
    for other, told in (
        (page.context.new_page(), "open in another tab"),
        (stranger, "Somebody has shared this run"),
    ):
        second = LabPage(other)
        other.goto(page.url)
        second.wait_until_painted()
        expect(other.get_by_text(told)).to_be_visible()
        assert second.steps == steps
        assert second.run_address == address
        second.run(until_steps=steps + 100)
        second.pause()
        second.wait_until(lambda of=second: of.run_address != address, "an own address")  # type: ignore[misc]
        other.close()
    page.reload()
    lab.wait_until_painted()
    assert lab.steps == steps


def test_a_visitor_moves_from_one_server_to_another(
    page: Page, tmp_path: Path, database: str, browser_errors: list[str]
) -> None:
    with (
        running_app(tmp_path / "one.log") as one,
        running_app(tmp_path / "other.log", port=free_port()) as other,
    ):
        lab = LabPage(page, "split_bodies", CRITIC_FIGURES).open(server=one.url)
        lab.run(until_steps=300)
        lab.pause()
        lab.wait_until(lambda: lab.run_address is not None, "an address")
        page.wait_for_timeout(1_000)
        steps, link = lab.steps, page.url
        page.goto(link.replace(one.url, other.url))
        lab.wait_until_painted()
        assert lab.steps == steps
        lab.run(until_steps=steps + 300)
        leave(page, browser_errors)


def test_nobody_loses_more_than_five_seconds_if_the_server_is_killed(
    browser: Browser, tmp_path: Path, database: str
) -> None:
    report = kill_while_three_visitors_train(
        browser, tmp_path, database, kills=1, moments=random.Random(0)
    )
    assert len(report.lost_seconds) == 3
    assert max(report.lost_seconds) <= 5
    assert report.exact == 3


def test_without_a_library_the_page_says_so_and_asks_before_a_run_is_lost(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser_errors: list[str]
) -> None:
    monkeypatch.setenv("PGLAB_DATABASE_URL", f"sqlite:///{tmp_path}/server.log/runs.sqlite3")
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", note)
    with running_app(tmp_path / "server.log") as server:
        page.goto(f"{server.url}/reinforce")  # the sentence stays only for seconds
        expect(page.get_by_text("Runs are not saved on this server")).to_be_visible()
        lab = LabPage(page).open(server=server.url)
        lab.press("step")
        expect(lab.number(0)).to_have_text("1")
        assert lab.run_address is None
        lab.wait_until_quiet()  # the buttons learn a moment after the stage that a run has begun
        page.reload()
        lab.wait_until_painted()
        leave(page, browser_errors)
    assert asked == ["beforeunload"]


def leave(page: Page, browser_errors: list[str]) -> None:
    """Leave the app, whose page would report the end of its server."""
    page.goto(ELSEWHERE)
    browser_errors.clear()
