"""The way into the app: language, style and menu, and the guard of the pages."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pandas  # type: ignore[import-untyped]  # noqa: F401  Whole before visitors draw at once.
import streamlit as st
from streamlit.errors import StreamlitAPIException

from pglab.language import DEFAULT_LANGUAGE, _, use_language

_ENTERED = "entered"
_LANGUAGE = "language"
_PAGE = "page"
_PAGE_CHANGED = "page_changed"
_STYLE = Path(__file__).parent / "page.css"


def enter() -> None:
    """Begin a script run in the entry script: style, and the language the link asks for."""
    if _ENTERED not in st.session_state:
        gc.collect()  # what the visits of closed tabs left behind
    st.session_state[_ENTERED] = True
    st.session_state.setdefault(_LANGUAGE, st.query_params.get("lang", DEFAULT_LANGUAGE))
    use_language(st.session_state[_LANGUAGE])
    st.html(_STYLE)


def fragment(
    function: Callable[..., None], key: str | None = None, run_every: float | None = None
) -> Callable[..., None]:
    """A Streamlit fragment that speaks the visit's language also when it reruns by itself.

    Draw the same number of elements before it in every script run: Streamlit takes its place on
    the page for its identity. With `run_every` the browser asks for it again after so many seconds.
    """
    page = st.session_state.get(_PAGE)

    @wraps(function)
    def in_language(*arguments: Any) -> None:
        if st.session_state.get(_PAGE) != page:
            st.rerun()  # it is being left; beside the other page's, keys would be there twice
        use_language(st.session_state[_LANGUAGE])
        function(*arguments)

    return st.fragment(in_language, key=key and _on_this_page(key), run_every=run_every)


def redraw_fragments(*fragments: str) -> None:
    """In a callback: draw the page's fragments with these keys anew, else the whole page.

    A page that has been left, or that a click cut short, does not have them all.
    """
    try:
        st.rerun([_on_this_page(key) for key in fragments])
    except StreamlitAPIException:
        st.rerun()


def _on_this_page(key: str) -> str:
    """The key of a fragment: until a page is whole, those of the page before it are still there."""
    return f"{st.session_state.get(_PAGE, '')}.{key}"


def navigation() -> Any:
    """The menu of pages; run the page that it returns."""
    page = st.navigation(
        [
            st.Page("pages/home.py", title=_("Home"), default=True),
            st.Page("pages/reinforce.py", title="REINFORCE"),
            st.Page("pages/shared_body.py", title=_("Shared body")),
            st.Page("pages/split_bodies.py", title=_("Split bodies")),
            st.Page("pages/compare.py", title=_("Compare")),
            st.Page("pages/gradient_lab.py", title=_("Gradient lab")),
        ]
    )
    st.session_state[_PAGE_CHANGED] = st.session_state.get(_PAGE) != page.url_path
    st.session_state[_PAGE] = page.url_path
    return page


def page_changed() -> bool:
    """Whether the visitor was on another page, or on none, at the last run of the script."""
    changed: bool = st.session_state[_PAGE_CHANGED]
    return changed


def current_page() -> str:
    """The page that the visitor is on, as its address names it."""
    page: str = st.session_state[_PAGE]
    return page


def require_entry() -> None:
    """Send a page that runs without the entry script through it.

    The first visitor of a process who opens a page's own address gets the script in `pages/` run
    by itself. Streamlit stops doing so once `st.navigation` was called.
    """
    if _ENTERED not in st.session_state:
        navigation()
        st.rerun()
