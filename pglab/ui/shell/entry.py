"""The entry of the app: language, style, menu, and fragments in the visit's language."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pandas  # type: ignore[import-untyped]  # noqa: F401  Loaded before visitors draw at once.
import streamlit as st
from streamlit.errors import StreamlitAPIException

from pglab.language import DEFAULT_LANGUAGE, _, use_language

_ENTERED = "entered"
_LANGUAGE = "language"
_PAGE = "page"
_PAGE_CHANGED = "page_changed"
_STYLE = Path(__file__).parent / "page.css"


def enter() -> None:
    """Begin a run of the entry script: set the style and the language that the link asks for."""
    if _ENTERED not in st.session_state:
        gc.collect()  # free what the visits of closed tabs left behind
    st.session_state[_ENTERED] = True
    st.session_state.setdefault(_LANGUAGE, st.query_params.get("lang", DEFAULT_LANGUAGE))
    use_language(st.session_state[_LANGUAGE])
    st.html(_STYLE)


def fragment(
    function: Callable[..., None], key: str | None = None, run_every: float | None = None
) -> Callable[..., None]:
    """A Streamlit fragment that uses the visit's language even when it reruns by itself.

    Draw the same number of elements before it in every script run: Streamlit identifies a fragment
    by its place on the page. With `run_every`, the browser reruns it after that many seconds.
    """
    page = st.session_state.get(_PAGE)

    @wraps(function)
    def in_language(*arguments: Any) -> None:
        if st.session_state.get(_PAGE) != page:
            st.rerun()  # the visitor is leaving: keys of both pages at once would collide
        use_language(st.session_state[_LANGUAGE])
        function(*arguments)

    return st.fragment(in_language, key=key and _on_this_page(key), run_every=run_every)


def redraw_fragments(*fragments: str) -> None:
    """Redraw the fragments with these keys, or the whole page if one is missing.

    Call it in a callback. Fragments are missing if the visitor has left the page, or if a click
    interrupted the run that draws them.
    """
    try:
        st.rerun([_on_this_page(key) for key in fragments])
    except StreamlitAPIException:
        st.rerun()


def _on_this_page(key: str) -> str:
    """A key that names the page too: fragments of the former page stay until this one is drawn."""
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
    """Whether the last run of the script drew another page, or none."""
    changed: bool = st.session_state[_PAGE_CHANGED]
    return changed


def current_page() -> str:
    """The name of the visitor's page in its address."""
    page: str = st.session_state[_PAGE]
    return page


def require_entry() -> None:
    """Go through the entry script if Streamlit runs a page without it.

    If the first visitor of a process opens the address of a page, Streamlit runs only the script in
    `pages/`. It stops doing so after the first call of `st.navigation`.
    """
    if _ENTERED not in st.session_state:
        navigation()
        st.rerun()
