"""Reads the link when a visit first opens a page, and rewrites it when the page changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pglab.config import Link


def link() -> Link:
    """Return the link that is now in the address bar."""
    return Link(st.query_params.to_dict())


def read_once(page: str, read: Callable[[Link], None]) -> list[str]:
    """When a visit first opens a page, let `read` set the page's controls from the link.

    Returns:
        A sentence for each part of the link that cannot be used. The list is kept until the visit
        ends or the visitor closes the message.
    """
    key = f"{page}.link_problems"
    if key not in st.session_state:
        opened_by = link()
        read(opened_by)
        opened_by.refuse_the_rest()
        # At the end: another request may interrupt the reading, which then begins anew.
        st.session_state[key] = opened_by.problems
    problems: list[str] = st.session_state[key]
    return problems


def write(parameters: Mapping[str, str]) -> None:
    """Replace the parameters in the address; keep parameters whose names begin with "embed"."""
    kept = {n: t for n, t in st.query_params.items() if n.startswith("embed")}
    wanted = {**kept, **parameters}
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
