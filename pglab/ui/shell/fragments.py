"""Parts of a page that rerun by themselves, in the visit's language."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pandas  # type: ignore[import-untyped]  # noqa: F401  Loaded before visitors draw at once.
import streamlit as st
from streamlit.errors import StreamlitAPIException

from pglab.language import use_language
from pglab.ui.shell.menu import PAGE

LANGUAGE = "language"


def fragment(
    function: Callable[..., None], key: str | None = None, run_every: float | None = None
) -> Callable[..., None]:
    """A Streamlit fragment that uses the visit's language even when it reruns by itself.

    Draw the same number of elements before it in every script run: Streamlit identifies a fragment
    by its place on the page. With `run_every`, the browser reruns it after that many seconds.
    """
    page = st.session_state.get(PAGE)

    @wraps(function)
    def in_language(*arguments: Any) -> None:
        if st.session_state.get(PAGE) != page:
            st.rerun()  # the visitor is leaving: keys of both pages at once would collide
        use_language(st.session_state[LANGUAGE])
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
    return f"{st.session_state.get(PAGE, '')}.{key}"
