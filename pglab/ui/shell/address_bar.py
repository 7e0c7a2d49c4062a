"""Reads the link that opens a page, and updates the address when controls change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pglab.classroom.place import LESSON, LESSON_STEP
from pglab.config import Link
from pglab.config.links import language_parameter
from pglab.language import current_language
from pglab.ui.shell import visibility
from pglab.ui.shell.menu import current_page

# The parameters that say how every page is shown. `write` keeps them, and no page reads them. If a
# script changes one of them without the server, `js/one_entry.js` must know its name too.
ROOM, ROOM_STEP = "room", "room_step"  # the room of a class for which the page trains a run
RUN = "run"  # the address of a stored run or comparison
KEPT = frozenset({"view", "show", LESSON, LESSON_STEP, ROOM, ROOM_STEP})


def link() -> Link:
    """Return the link that is now in the address bar, without the parameters in `KEPT`."""
    return Link({n: text for n, text in st.query_params.items() if n not in KEPT})


def read_once(page: str, read: Callable[[Link], None]) -> list[str]:
    """Call `read` with the link when a visitor first opens a page; `read` sets the controls.

    Returns:
        A sentence for each part of the link that cannot be used. Later calls return the same list.
        When the visitor closes the message with these sentences, the list becomes empty.
    """
    key = f"{page}.link_problems"
    if key not in st.session_state:
        opened_by = link()
        visibility.read_link(opened_by)
        read(opened_by)
        opened_by.refuse_the_rest()
        # This line must be last. If another request interrupts `read`, `read` runs again later.
        st.session_state[key] = opened_by.problems
    problems: list[str] = st.session_state[key]
    return problems


def read_again(page: str) -> None:
    """Let the next call of `read_once` read the link that is now in the address bar."""
    st.session_state.pop(f"{page}.link_problems", None)


def written() -> dict[str, str]:
    """Return the parameters of the current page's address; `write` changes this dictionary."""
    address: dict[str, str] = st.session_state.setdefault(f"{current_page()}.address", {})
    return address


def write(parameters: Mapping[str, str]) -> None:
    """Replace the parameters in the address, except those in `KEPT` and those of Streamlit."""
    shown = written()
    shown.clear()
    shown.update(parameters)
    kept = {n: t for n, t in st.query_params.items() if n in KEPT or n.startswith("embed")}
    wanted = {**kept, **parameters, **visibility.link_parameters()}
    wanted |= language_parameter(current_language())
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
