"""Says on the pages of a room which run all phones show."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pglab.agent_places import place_at
from pglab.classroom.room.live import show_runs_from
from pglab.classroom.room.state import RoomError
from pglab.classroom.room.steering import hide_run
from pglab.classroom.texts.safe_text import safe_line
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.pages.compare.settings import PAGE as COMPARE
from pglab.ui.pages.room.shown import Change, Shown
from pglab.ui.room.sharing import shared_rooms
from pglab.ui.shell.owner import owner
from pglab.ui.shell.process.process_name import of_this_process
from pglab.ui.stage.channel import find_watched

REFUSED = "room.problem"  # the sentence about the last change that was not possible


def draw_live_run(now: Shown, change: Change, *, may_show: bool) -> None:
    """Say which run all phones show, or how the teacher can show a run.

    Args:
        now: the present state of the room.
        change: makes the callback of the button that stops showing the run.
        may_show: whether this browser may show its runs in the room.
    """
    run = now.room.state.live
    if run is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="room_live"):
            st.markdown(_told(run.name).format(title=safe_line(run.title)), width="content")
            st.button(_("Stop showing the run"), key="room_hide_run", on_click=change(hide_run))
    elif may_show and not now.room.state.ended and _has_run(now.step.page):
        st.caption(
            _(
                "To show your run on all phones, open this step's page, and turn on *Show to the "
                "class* in its sidebar."
            )
        )


def draw_live_run_on_wall(now: Shown) -> None:
    """Say on the wall which run all phones show."""
    run = now.room.state.live
    if run is not None:
        told = _("The phones show the teacher's run: **{title}**")
        st.markdown(told.format(title=safe_line(run.title)))


def _has_run(page: str) -> bool:
    return page == COMPARE or place_at(page) is not None


def _told(name: str) -> str:
    """Return a sentence about the shown run.

    Only the process of the run knows whether the run's page is open.
    """
    is_own = of_this_process(name.rpartition(".")[2]) == name
    channel = find_watched(name)
    if is_own and channel is None:
        return _("The page of the run that the phones showed is closed: **{title}**")
    if channel is not None and not (channel.is_open or channel.page.without_channel):
        return _("Your run waits until its page is open again: **{title}**")
    return _("All phones show your run: **{title}**")


def offer_this_browser(library: Library, key: str) -> None:
    """Draw a button that lets this browser, instead of another, show its runs to the class."""
    st.button(
        _("Show runs of this browser to the class"),
        key="room_browser",
        width="stretch",
        on_click=partial(_use_this_browser, library, key),
        help=_(
            "The room was opened in another browser. Press this, and the pages of the agents "
            "offer the switch *Show to the class* in this browser, and no longer in the other."
        ),
    )


def _use_this_browser(library: Library, key: str) -> None:
    try:
        show_runs_from(library, key, owner())
        shared_rooms().owners.note(owner())
    except (RoomError, LibraryUnavailable) as error:
        st.session_state[REFUSED] = str(error)
