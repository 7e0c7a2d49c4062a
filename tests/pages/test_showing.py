"""The switches that show a run on all phones of a class, and what the teacher's page says of it."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pglab.classroom.room.live import may_show_runs
from pglab.classroom.room.opening import OpenedRoom, open_room, room_of_key
from pglab.classroom.room.state import LiveRun
from pglab.classroom.room.steering import end_room, hide_run
from pglab.library.keeping.saver import shared_library
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.store.runs.kept import new_key
from pglab.ui.controls.sharing import showing
from pglab.ui.room.sharing import shared_rooms
from tests.pages.opened import REINFORCE, open_page, press, run
from tests.pages.test_room import LESSON, open_in

pytestmark = pytest.mark.usefixtures("doors_close_afterwards", "entry_script_first")


class Browser:
    """The browser of a teacher."""

    def __init__(self) -> None:
        library = shared_library().get()
        assert library is not None
        self.library: Library = library
        self.owner = new_key()

    def open_room(self) -> OpenedRoom:
        shared_rooms().owners.note(self.owner)
        return open_room(self.library, self.owner, LESSON)

    def open_page(self, page: str = REINFORCE, **link: str) -> AppTest:
        return open_in(self.owner, page, **link)

    def shown(self, room: OpenedRoom) -> LiveRun | None:
        return room_of_key(self.library, room.key).state.live


@pytest.fixture
def browser() -> Browser:
    return Browser()


def switches(app: AppTest) -> list[Any]:
    return [toggle for toggle in app.sidebar.toggle if "Show to the class" in toggle.label]


def set_switch(app: AppTest, key: str, on: bool) -> None:
    app.toggle(key=key).set_value(on)
    run(app)


def test_a_run_is_shown_in_a_room_until_it_is_no_longer_shared(browser: Browser) -> None:
    rooms = [browser.open_room() for _ in range(2)]
    app = browser.open_page()
    newest, older = switches(app)
    assert (newest.value, older.value) == (False, False)
    assert not app.toggle(key="reinforce.watched").value
    assert newest.label == f"Show to the class: A short lesson ({rooms[1].code})"
    for switch in (newest, older):
        set_switch(app, switch.key, True)
        assert app.toggle(key="reinforce.watched").value
    name = app.session_state["reinforce.channel"].watch_name
    assert [browser.shown(room) for room in rooms] == [LiveRun(name, "REINFORCE")] * 2
    set_switch(app, newest.key, False)
    assert [browser.shown(room) for room in rooms] == [LiveRun(name, "REINFORCE"), None]
    set_switch(app, "reinforce.watched", False)
    assert [browser.shown(room) for room in rooms] == [None, None]
    assert [switch.value for switch in switches(app)] == [False, False]
    assert app.session_state["reinforce.channel"].watch_name == ""


def test_a_switch_follows_what_happens_elsewhere(browser: Browser) -> None:
    room = browser.open_room()
    app, other = browser.open_page(), browser.open_page("pages/compare.py")
    for page, key in ((app, "reinforce"), (other, "compare")):
        set_switch(page, f"{key}.shown.{room.room}", True)
    assert [switch.value for page in (run(app), other) for switch in switches(page)] == [0, 1]
    shown = browser.shown(room)
    assert shown is not None
    assert shown.title == "Compare"
    set_switch(app, "reinforce.watched", False)
    assert browser.shown(room) == shown
    hide_run(browser.library, room.key, 1)
    assert [switch.value for switch in switches(run(other))] == [0]
    end_room(browser.library, room.key, 2)
    set_switch(other, f"compare.shown.{room.room}", True)  # the page is late
    assert "has ended" in other.sidebar.warning[0].value
    assert switches(other) == []


def test_a_library_that_fails_gets_a_sentence(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise LibraryUnavailable("The *library* rests.")

    room = browser.open_room()
    app = browser.open_page()
    monkeypatch.setattr(showing, "show_run", fail)
    set_switch(app, f"reinforce.shown.{room.room}", True)
    assert app.sidebar.warning[0].value == r"The \*library\* rests\."
    assert [switch.value for switch in switches(app)] == [0]
    assert not run(app).sidebar.warning


def test_who_has_no_room_asks_the_library_nothing(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise AssertionError

    for name in ("own_rooms", "hide_live_run", "show_run"):
        monkeypatch.setattr(showing, name, fail)
    browser.open_room()
    app = run(run(Browser().open_page()))
    set_switch(app, "reinforce.watched", True)
    assert switches(app) == []


HOW_TO_SHOW = "To show your run on all phones, open this step's page"


def captions(app: AppTest) -> str:
    return "\n".join(element.value for element in app.caption)


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown)


def test_the_teachers_page_ends_the_run(browser: Browser) -> None:
    room = browser.open_room()
    teacher = browser.open_page("pages/room.py", key=room.key)
    wall = open_page("pages/wall.py", room=room.room)
    assert "All phones show" not in texts(teacher)
    assert "The phones show" not in texts(wall)
    assert HOW_TO_SHOW in captions(teacher)
    app = browser.open_page()
    set_switch(app, f"reinforce.shown.{room.room}", True)
    assert "waits until its page is open again: **REINFORCE**" in texts(run(teacher))
    channel = app.session_state["reinforce.channel"]
    channel.connections = 1
    assert "All phones show your run: **REINFORCE**" in texts(run(teacher))
    assert HOW_TO_SHOW not in captions(teacher)
    assert "The phones show the teacher's run: **REINFORCE**" in texts(run(wall))
    channel.let_watch(False)  # as if the page was loaded again
    assert "is closed: **REINFORCE**" in texts(run(teacher))
    press(teacher, "room_hide_run")
    assert browser.shown(room) is None
    assert "**REINFORCE**" not in texts(teacher)


def test_the_next_step_shows_no_run(browser: Browser) -> None:
    room = browser.open_room()
    teacher, app = browser.open_page("pages/room.py", key=room.key), browser.open_page()
    set_switch(app, f"reinforce.shown.{room.room}", True)
    press(run(teacher), "room_next")
    assert browser.shown(room) is None
    assert [switch.value for switch in switches(run(app))] == [False]


def test_with_the_teachers_link_another_browser_shows_its_runs(browser: Browser) -> None:
    room, other = browser.open_room(), Browser()
    assert not [
        b
        for b in browser.open_page("pages/room.py", key=room.key).button
        if "browser" in (b.key or "")
    ]
    page = other.open_page("pages/room.py", key=room.key)
    assert HOW_TO_SHOW not in captions(page)
    assert switches(other.open_page()) == []
    press(page, "room_browser")
    assert HOW_TO_SHOW in captions(page)
    assert len(switches(other.open_page())) == 1
    assert may_show_runs(browser.library, room.room, other.owner)
    assert "room_browser" not in [button.key for button in page.button]
