"""Reads the link that opens a page, and updates the address when controls change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pglab.config import Link
from pglab.ui.shell.menu import current_page


def link() -> Link:
    """Return the link that is now in the address bar."""
    return Link(st.query_params.to_dict())


def read_once(page: str, read: Callable[[Link], None]) -> list[str]:
    """Call `read` with the link when a visitor first opens a page; `read` sets the controls.

    Returns:
        A sentence for each part of the link that cannot be used. Later calls return the same list.
        When the visitor closes the message with these sentences, the list becomes empty.
    """
    key = f"{page}.link_problems"
    if key not in st.session_state:
        opened_by = link()
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
    """Replace the parameters in the address; keep parameters whose names begin with "embed"."""
    shown = written()
    shown.clear()
    shown.update(parameters)
    kept = {n: t for n, t in st.query_params.items() if n.startswith("embed")}
    wanted = {**kept, **parameters}
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
