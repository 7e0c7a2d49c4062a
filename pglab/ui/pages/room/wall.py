"""The wall shows a room to the whole class. It has no controls to steer the room."""

from __future__ import annotations

import streamlit as st

from pglab.classroom.room.opening import load_room
from pglab.classroom.room.state import RoomError
from pglab.classroom.texts.safe_text import plain_line
from pglab.language import _
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.pages.room.live_run import draw_live_run_on_wall
from pglab.ui.pages.room.shown import (
    draw_code,
    draw_counts,
    draw_step,
    say,
    shown,
)
from pglab.ui.pages.room.teacher import ROOM, SECONDS, WALL
from pglab.ui.room.sharing import shared_rooms
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.fragments import fragment
from pglab.ui.stage.components.recovery import offer_recovery


def wall_page() -> None:
    """Draw the wall."""
    require_entry()
    fragment(_wall, "wall", run_every=SECONDS)()
    offer_recovery(WALL)


def _wall() -> None:
    try:
        library = shared_rooms().library()
        room = load_room(library, st.query_params.get(ROOM, ""))
        now = shown(library, room, whole=False)
    except (RoomError, LibraryUnavailable) as error:
        say(str(error))
        return
    with st.container(key="wall"):
        if room.state.ended:
            st.info(_("This room has ended."))
        content, code = st.columns([5, 2], gap="large")
        with code:
            st.caption(plain_line(room.lesson.title))
            draw_code(now, width="stretch")
        with content:
            draw_counts(now)
            draw_live_run_on_wall(now)
            draw_step(now)
