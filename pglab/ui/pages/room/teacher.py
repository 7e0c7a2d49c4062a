"""The teacher's page of a room. Everybody who has the page's link can steer the room."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode, urljoin

import streamlit as st

from pglab.classroom.place import relative_link
from pglab.classroom.room.export import csv_zip
from pglab.classroom.room.live import may_show_runs
from pglab.classroom.room.opening import Room, delete_room, room_of_key
from pglab.classroom.room.state import Mode, RoomError, RoomState
from pglab.classroom.room.steering import (
    close_question,
    end_room,
    go_to_step,
    let_join,
    open_question,
    reveal_answers,
    set_mode,
    show_names,
)
from pglab.classroom.texts.safe_text import plain_line, safe_markdown
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.controls.sharing.link import explain_address
from pglab.ui.controls.sharing.watching import PART as WATCHING
from pglab.ui.pages.room.live_run import REFUSED, draw_live_run, offer_this_browser
from pglab.ui.pages.room.shown import (
    Change,
    Shown,
    draw_code,
    draw_counts,
    draw_step,
    say,
    shown,
)
from pglab.ui.pages.room.training import training_controls
from pglab.ui.room.sharing import shared_rooms
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.fragments import fragment
from pglab.ui.shell.menu import HIDE, MENU
from pglab.ui.shell.owner import owner
from pglab.ui.stage.components.recovery import offer_recovery

PAGE, WALL = "room", "wall"
ROOM_KEY = "key"  # the address parameter with the secret key
ROOM = "room"  # the address parameter of the wall
SECONDS = 1.0  # between two looks at the room
QUESTION_PIXELS = 220  # width of the button that opens and closes the question


def room_page() -> None:
    """Draw the teacher's page."""
    require_entry()
    fragment(_room, "room", run_every=SECONDS)()
    offer_recovery(PAGE)


def _room() -> None:
    key = st.query_params.get(ROOM_KEY, "")
    try:
        library = shared_rooms().library()
        room = room_of_key(library, key)
        now = shown(library, room, whole=True)
        may_show = may_show_runs(library, room.room, owner())
    except (RoomError, LibraryUnavailable) as error:
        say(str(error))
        return
    change = partial(_change, library, key, room)
    _heading(library, key, now, change, may_show=may_show)
    problem: str | None = st.session_state.get(REFUSED)
    if problem is not None:
        say(problem)
    steering, code = st.columns([5, 2], gap="large")
    with code:
        draw_code(now)
        explain_address()
    with steering:
        draw_counts(now)
        draw_live_run(now, change, may_show=may_show)
        with st.container(horizontal=True, key="room_actions"):
            _question_buttons(now, change)
            training_controls(now, change)
        draw_step(now)
        if now.step.notes:
            with st.expander(_("Notes for the lecturer")):
                st.markdown(safe_markdown(now.step.notes))


def _change(
    library: Library, key: str, room: Room, steer: Callable[..., RoomState], *wanted: object
) -> Callable[[], None]:
    """Return a callback that makes one change of the room."""

    def act() -> None:
        st.session_state.pop(REFUSED, None)
        try:
            steer(library, key, room.state.version, *wanted)
        except (RoomError, LibraryUnavailable) as error:
            st.session_state[REFUSED] = str(error)
        shared_rooms().poke()

    return act


def _heading(library: Library, key: str, now: Shown, change: Change, *, may_show: bool) -> None:
    state, lesson = now.room.state, now.room.lesson
    with st.container(horizontal=True, vertical_alignment="center", key="room_heading"):
        st.markdown(f"#### {plain_line(lesson.title)}", width="stretch")
        st.button(
            _("Back"),
            icon=":material/arrow_back:",
            key="room_back",
            disabled=state.step == 1 or state.ended,
            on_click=change(go_to_step, state.step - 1),
        )
        st.button(
            _("Next"),
            icon=":material/arrow_forward:",
            key="room_next",
            disabled=state.step == len(lesson.steps) or state.ended,
            on_click=change(go_to_step, state.step + 1),
        )
        st.link_button(_("Wall"), _wall_link(now.room), icon=":material/cast_for_education:")
        st.link_button(_("This step's page"), _step_link(now), icon=":material/open_in_new:")
        with st.popover(_("More"), icon=":material/more_horiz:"):
            _more(library, key, now, change, may_show=may_show)


def _more(library: Library, key: str, now: Shown, change: Change, *, may_show: bool) -> None:
    state = now.room.state
    other: Mode = "free" if state.mode == "paced" else "paced"
    labels = {
        "free": _("Let each student go on alone"),
        "paced": _("Move the class together"),
    }
    st.button(
        labels[other],
        key="room_mode",
        width="stretch",
        disabled=state.ended,
        on_click=change(set_mode, other),
    )
    st.button(
        _("Hide names") if state.names else _("Show names on the wall"),
        key="room_names",
        width="stretch",
        on_click=change(show_names, not state.names),
    )
    st.button(
        _("Let more students join with the short code"),
        key="room_door",
        width="stretch",
        disabled=state.ended,
        on_click=change(let_join),
    )
    if not (may_show or state.ended):
        offer_this_browser(library, key)
    st.download_button(
        _("Answers and runs (CSV)"),
        lambda: csv_zip(library, key),
        file_name="room.zip",
        mime="application/zip",
        key="room_export",
        width="stretch",
        on_click="ignore",
    )
    st.button(
        _("End the room"),
        key="room_end",
        width="stretch",
        disabled=state.ended,
        on_click=change(end_room),
        help=_("Nobody can join or answer any more. You can still read and export the answers."),
    )
    if state.ended:
        st.button(
            _("Delete the room with all its data"),
            key="room_delete",
            width="stretch",
            on_click=partial(_delete, library, key),
        )


def _delete(library: Library, key: str) -> None:
    try:
        delete_room(library, key)
    except (RoomError, LibraryUnavailable) as error:
        st.session_state[REFUSED] = str(error)


def _question_buttons(now: Shown, change: Change) -> None:
    """Draw the button for the next state of the question, and the one that reveals the answers.

    The first button has the same width in each state, so that the second one stays in its place.
    """
    state = now.room.state
    if now.step.question is None or state.ended or state.question == "revealed":
        return
    is_closed = state.question == "closed"
    name, label, steer = {
        "waiting": ("open", _("Open the question"), open_question),
        "open": ("close", _("Close the question"), close_question),
        "closed": ("open", _("Open the question again"), open_question),
    }[state.question]
    st.button(
        label,
        key=f"room_{name}",
        type="secondary" if is_closed else "primary",
        width=QUESTION_PIXELS,
        on_click=change(steer),
    )
    st.button(
        _("Reveal the answers"),
        key="room_reveal",
        type="primary" if is_closed else "secondary",
        disabled=not is_closed,
        on_click=change(reveal_answers),
    )


def _wall_link(room: Room) -> str:
    query = urlencode({ROOM: room.room, HIDE: MENU})
    return urljoin(st.context.url or "", f"{WALL}?{query}")


def _step_link(now: Shown) -> str:
    """Return a link to the step's page that never hides the switch to share the run."""
    parameters = [
        (name, ",".join(n for n in text.split(",") if n != WATCHING) if name == HIDE else text)
        for name, text in now.step.parameters
    ]
    return urljoin(st.context.url or "", relative_link(now.step.page, tuple(parameters)))
