"""The teacher's run on a phone: it moves, it ends, and a sentence says why there is none."""

from __future__ import annotations

import os
import re
from contextlib import closing

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from pglab.classroom.room.live import show_run
from pglab.classroom.room.opening import open_room
from pglab.classroom.room.state import LiveRun
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import new_key
from pglab.ui.stage.socket import TOO_MANY, UNKNOWN
from tests.browser.accessibility import lasting_violations
from tests.browser.conftest import NewPage
from tests.browser.lab_page import LabPage
from tests.browser.test_phones import WIDER_THAN_WINDOW
from tests.classroom.lessons import EXAMPLE

CHANNEL = re.compile(r"/live/[^/?]+$")
PLOTLY = re.compile("plotly")


def join(phone: Page, code: str) -> None:
    phone.goto(f"/join/{code}")
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_role("heading", level=1)).not_to_have_text("Join a room")


def share(lab: LabPage) -> None:
    lab.page.get_by_text("Show to the class").click()


def test_a_phone_shows_the_teachers_run(new_page: NewPage) -> None:
    room, lab, phone = (
        new_page(),
        LabPage(new_page()),
        new_page(width=390, height=844, scheme="dark"),
    )
    loaded: list[str] = []
    phone.on("request", lambda request: loaded.append(request.url))
    room.goto("/lessons")
    room.get_by_role("button", name="Open a room").first.click()
    code = room.get_by_role("heading", name=re.compile(r"^[0-9A-Z]{5}$"))
    join(phone, code.inner_text())
    expect(phone.get_by_text("The question comes soon.")).to_be_visible()
    lab.open("?speed=500")
    assert not any(PLOTLY.search(url) for url in loaded)
    share(lab)
    expect(room.get_by_text("All phones show your run: REINFORCE")).to_be_visible()
    seen = LabPage(phone)
    seen.wait_until_painted()
    lab.run(until_steps=500)
    seen.wait_for_steps(500)
    assert lasting_violations(phone) == []
    assert not phone.evaluate(WIDER_THAN_WINDOW)
    title = phone.get_by_text("The teacher's run: REINFORCE")
    title.click()
    expect(seen.stage).to_have_count(0)  # a closed place gets no pictures
    title.click()
    seen.wait_for_steps(lab.steps + 500)
    lab.page.reload()
    left = phone.get_by_text("The teacher has left the page of this run.")
    expect(left).to_be_visible()
    share(lab)
    expect(left).to_have_count(0)
    seen.wait_until_painted()
    room.get_by_role("button", name="Stop showing the run").click()
    expect(phone.get_by_text("The teacher has stopped showing the run.")).to_be_visible()
    expect(seen.stage).to_have_count(0)
    expect(room.get_by_text("All phones show")).to_have_count(0)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (TOO_MANY, "Too many people watch this run."),
        (UNKNOWN, "The teacher has closed this run, or shares it no longer."),
        (1001, "No connection to the run. Trying again…"),
    ],
)
@pytest.mark.view(width=390, height=844)
def test_a_phone_says_why_it_shows_no_run(page: Page, code: int, sentence: str) -> None:
    def refuse(socket: WebSocketRoute) -> None:
        socket.close(code=code)

    owner = new_key()
    with closing(open_library(os.environ["PGLAB_DATABASE_URL"])) as library:
        room = open_room(library, owner, EXAMPLE)
        show_run(library, room.room, owner, LiveRun("nobody", "REINFORCE"))
    page.route_web_socket(CHANNEL, refuse)
    join(page, room.full_code)
    expect(page.get_by_text(sentence)).to_be_visible()
