"""The switches that show a visitor's run on all phones of a class."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pglab.agent_places import place_at
from pglab.classroom.room.live import OwnRoom, hide_live_run, own_rooms, show_run
from pglab.classroom.room.state import LiveRun, RoomError
from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.room.sharing import shared_rooms
from pglab.ui.shell.owner import owner
from pglab.ui.stage.channel import Channel

_PROBLEM = "showing.problem"
_SHOWS = "showing.names"  # the names of the runs that this visit has shown to a class


def class_switches(channel: Channel, watching: str) -> None:
    """Draw one switch for each open room of this browser.

    A switch shows the run on all phones of its room.

    Args:
        channel: the live channel of the run.
        watching: the key of the switch *Let others watch*. Showing the run also turns on this
            switch.
    """
    try:
        # Most visitors have no room; for them, nothing is read from the library.
        has_room = shared_rooms().owners.has_room(owner())
        rooms = own_rooms(shared_rooms().library(), owner()) if has_room else []
    except (RoomError, LibraryUnavailable):
        return  # a room that cannot be read can show nothing; its own page says why
    for room in rooms:
        key = f"{channel.page.key}.shown.{room.room}"
        # The room may show another run meanwhile, so the switch shows what the library says.
        st.session_state[key] = room.live is not None and room.live.name == channel.watch_name
        st.toggle(
            _("Show to the class: {title} ({code})").format(
                title=escaped(room.title), code=room.code
            ),
            key=key,
            on_change=partial(_switch, channel, room, key, watching),
            help=_(
                "All phones in this room show this run. They cannot change anything. This also "
                "turns on *Let others watch*."
            ),
        )
    problem: str | None = st.session_state.pop(_PROBLEM, None)
    if problem is not None:
        st.warning(escaped(problem))


def end_showing(name: str) -> None:
    """If this visit shows the run with this watch name to classes, stop showing the run."""
    if name in _shown():
        _shown().remove(name)
        _change(lambda library: hide_live_run(library, name))


def _switch(channel: Channel, room: OwnRoom, key: str, watching: str) -> None:
    if not st.session_state.get(key, False):
        hidden = channel.watch_name
        _change(lambda library: hide_live_run(library, hidden, room.room))
        return
    st.session_state[watching] = True
    channel.let_watch(True)
    name = channel.watch_name
    place = place_at(channel.path)
    title = _("Compare") if place is None else _(place.title)
    _shown().add(name)
    _change(lambda library: show_run(library, room.room, owner(), LiveRun(name, title)))


def _change(change: Callable[[Library], None]) -> None:
    try:
        change(shared_rooms().library())
    except (RoomError, LibraryUnavailable) as error:
        st.session_state[_PROBLEM] = str(error)
    shared_rooms().poke()


def _shown() -> set[str]:
    names: set[str] = st.session_state.setdefault(_SHOWS, set())
    return names
