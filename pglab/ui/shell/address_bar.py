"""The address bar: read once by each page of a visit, and written to follow what the page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pglab.config import Link


def link() -> Link:
    """What the address now asks for."""
    return Link(st.query_params.to_dict())


def read_once(page: str, read: Callable[[Link], None]) -> list[str]:
    """On the first view of a page, let `read` set its controls from the link that opened it.

    Returns:
        A sentence for everything in the link that cannot be used; kept while the visit lasts or
        until a visitor closes them.
    """
    key = f"{page}.link_problems"
    if key not in st.session_state:
        opened_by = link()
        read(opened_by)
        opened_by.refuse_the_rest()
        st.session_state[key] = opened_by.problems  # last: another request may cut this short
    problems: list[str] = st.session_state[key]
    return problems


def write(parameters: Mapping[str, str]) -> None:
    """Replace what the address holds, besides how the page is embedded."""
    kept = {n: t for n, t in st.query_params.items() if n.startswith("embed")}
    wanted = {**kept, **parameters}
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
