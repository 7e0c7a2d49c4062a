"""Fragments: parts of a page that Streamlit can rerun without the rest of the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pglab.language import use_language
from pglab.ui.shell.menu import PAGE

LANGUAGE = "language"


def fragment(
    function: Callable[..., None], key: str | None = None, run_every: float | None = None
) -> Callable[..., None]:
    """Make a Streamlit fragment that uses the visitor's language in each of its reruns.

    Streamlit identifies a fragment by its place on the page, so every script run must draw the same
    number of elements before the fragment. If `run_every` is given, the fragment also reruns every
    `run_every` seconds.

    Each fragment is in a container of its own. If a fragment has to rerun at the end of a run of
    the whole script, Streamlit may send the browser this run without the fragment. Without the
    container, the elements after the fragment would then move to its place and be overwritten.
    """
    page = st.session_state.get(PAGE)

    @wraps(function)
    def in_language(*arguments: Any) -> None:
        if st.session_state.get(PAGE) != page:
            st.rerun()  # the visitor has opened another page
        use_language(st.session_state[LANGUAGE])
        function(*arguments)

    drawn = st.fragment(in_language, key=key and _on_this_page(key), run_every=run_every)

    @wraps(function)
    def in_container(*arguments: Any) -> None:
        with st.container():
            drawn(*arguments)

    return in_container


def redraw_fragments(*fragments: str) -> None:
    """Redraw the fragments with these keys; if a fragment is missing, redraw the whole page.

    Call this function only in the callback of a button, a menu or another control. A fragment is
    missing if the visitor has left the page, or if a click interrupted the script run that draws
    the fragment.
    """
    try:
        st.rerun([_on_this_page(key) for key in fragments])
    except StreamlitAPIException:
        st.rerun()


def _on_this_page(key: str) -> str:
    """Put the page's name before a key, so that fragments of different pages share no key."""
    return f"{st.session_state.get(PAGE, '')}.{key}"
