"""A phone in a room: it joins with a code, answers, and comes back where it was."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from pglab.classroom.room.live import show_run
from pglab.classroom.room.opening import OpenedRoom, load_room, open_room, room_of_key
from pglab.classroom.room.own_runs.training import let_train
from pglab.classroom.room.own_runs.training_plan import TrainingPlan
from pglab.classroom.room.state import LiveRun
from pglab.classroom.room.steering import (
    close_question,
    go_to_step,
    open_question,
    reveal_answers,
    set_mode,
)
from pglab.classroom.room.tallies import tally
from pglab.config import ReinforceConfig
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import new_key
from pglab.ui.room.addresses import join_link
from tests.browser.accessibility import lasting_violations
from tests.browser.conftest import NewPage, Scheme, fail_plainly
from tests.browser.harness import ARTIFACTS, WORKER, free_port, running_app
from tests.classroom.lessons import EXAMPLE

WIDER_THAN_WINDOW = "document.documentElement.scrollWidth > innerWidth"


class Teacher:
    """A teacher with an open room, who steers it without a page."""

    def __init__(self, library: Library) -> None:
        self.library, self.owner = library, new_key()
        self.opened: OpenedRoom = open_room(library, self.owner, EXAMPLE)

    def make(self, change: Callable[..., Any], *arguments: object) -> None:
        version = room_of_key(self.library, self.opened.key).state.version
        change(self.library, self.opened.key, version, *arguments)

    def counts(self, step: int) -> tuple[int, ...]:
        return tally(self.library, load_room(self.library, self.opened.room), step).counts


@pytest.fixture
def teacher() -> Iterator[Teacher]:
    library = open_library(os.environ["PGLAB_DATABASE_URL"])
    yield Teacher(library)
    library.close()


def expect_status(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_goes_through_a_room(new_page: NewPage, teacher: Teacher, scheme: Scheme) -> None:
    page = new_page(width=390, height=844, scheme=scheme)
    page.goto("/join")
    faults = lasting_violations(page)
    page.get_by_label("Code of the room").fill(teacher.opened.code.lower())
    page.get_by_label("Nickname").fill("<b>Ann</b>")
    page.keyboard.press("Enter")
    expect_status(page, "The question comes soon.")
    expect(page.get_by_text("<b>Ann</b>")).to_be_visible()
    teacher.make(open_question)
    choice = page.get_by_role("radio", name="Split")
    expect(page.get_by_role("button", name="Send my answer")).to_be_disabled()
    choice.focus()
    page.keyboard.press("Space")
    faults += lasting_violations(page)
    page.get_by_role("button", name="Send my answer").press("Enter")
    expect_status(page, "Received ✓")
    page.reload()
    expect_status(page, "Received ✓")
    expect(choice).to_be_checked()
    expect(choice).to_be_disabled()
    assert teacher.counts(1) == (0, 1)
    expect(page.get_by_text("The split one.")).to_have_count(0)
    teacher.make(close_question)
    expect_status(page, "The question is closed. Your answer counts.")
    teacher.make(reveal_answers)
    expect(page.get_by_text("The split one.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="your answer")).to_contain_text("1 of 1")
    faults += lasting_violations(page)
    teacher.make(go_to_step, 2)
    teacher.make(open_question)
    page.get_by_role("slider").last.fill("200")
    page.get_by_role("button", name="Send my answer").click()
    expect_status(page, "Received ✓")
    teacher.make(close_question)
    teacher.make(reveal_answers)
    expect(page.get_by_role("img", name="Mean return")).to_be_visible()
    faults += lasting_violations(page)
    teacher.make(set_mode, "free")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Predict")).to_be_visible()
    assert faults == []
    assert not page.evaluate(WIDER_THAN_WINDOW)


def test_a_phone_shows_at_the_top_what_happens_now(new_page: NewPage, teacher: Teacher) -> None:
    page = new_page(width=390, height=844)
    page.goto(f"/join/{teacher.opened.full_code}")
    page.get_by_role("button", name="Join").click()
    status, question = page.get_by_role("status").first, page.get_by_text("Which one learns")
    train, run = page.locator("#train"), page.get_by_text("The teacher's run: REINFORCE")
    teacher.make(let_train, TrainingPlan(ReinforceConfig(seed=7), 1_000))
    expect(status).to_have_text("Train your own run now.")
    teacher.make(open_question)
    expect(status).to_have_text("Answer the question.Train your own run now.")
    assert top(question) < top(train)
    page.get_by_role("radio", name="Split").check()
    train.focus()
    page.get_by_role("button", name="Send my answer").evaluate("button => button.click()")
    expect(status).to_contain_text("Received ✓")
    expect(train).to_be_focused()
    show_run(teacher.library, teacher.opened.room, teacher.owner, LiveRun("none", "REINFORCE"))
    expect(run).to_be_visible()
    title, task = page.get_by_role("heading", level=1), page.locator("#task")
    assert top(title) < top(train) < top(run) < top(task) < top(question)
    page.set_viewport_size({"width": 390, "height": 400})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    status.get_by_role("link", name="Your teacher shows a run.").click()
    expect(run).to_be_in_viewport()
    banner = status.bounding_box()
    assert banner is not None
    assert banner["y"] + banner["height"] <= top(run)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the page of this task").click()
    expect(opened.value).to_have_url(re.compile(r"/compare\?.*pair=bodies"))


def top(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"]


def test_an_answer_survives_a_restart_of_the_server(
    new_page: NewPage, teacher: Teacher, browser_errors: list[str]
) -> None:
    port, log = free_port(), ARTIFACTS / f"phones-app-server{WORKER}.log"
    page = new_page(width=390, height=844)
    with ExitStack() as first, fail_plainly():
        server = first.enter_context(running_app(log, port=port))
        page.goto(join_link(f"{server.url}/lessons", teacher.opened.full_code))
        page.get_by_role("button", name="Join").click()
        teacher.make(open_question)
        page.get_by_role("radio", name="Shared").check()
    expect_status(page, "No connection")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("button", name="Sending…")).to_be_disabled()
    assert teacher.counts(1) == (0, 0)
    with fail_plainly(), running_app(log, port=port):
        expect_status(page, "Received ✓")
        assert teacher.counts(1) == (1, 0)
        page.reload()
        expect_status(page, "Received ✓")
        page.goto("about:blank")
    browser_errors.clear()  # expected errors: there was no server


def test_a_wrong_code_gets_a_sentence(page: Page, browser_errors: list[str]) -> None:
    page.goto("/join/22222?lang=en")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("alert")).to_contain_text("This code opens no room.")
    expect(page.get_by_label("Code of the room")).to_have_value("22222")
    assert [error for error in browser_errors if "422" not in error] == []
    browser_errors.clear()
