"""The entry of the app: language and style."""

from __future__ import annotations

import gc
from pathlib import Path

import pandas  # type: ignore[import-untyped]  # noqa: F401  Loaded before visitors draw at once.
import streamlit as st

from pglab.language import DEFAULT_LANGUAGE, use_language
from pglab.ui.shell.fragments import LANGUAGE
from pglab.ui.shell.menu import navigation

_ENTERED = "entered"
_STYLE = Path(__file__).parent / "page.css"


def enter() -> None:
    """Begin a run of the entry script: set the style, and the language named in the link."""
    if _ENTERED not in st.session_state:
        gc.collect()  # free the memory of visits whose tabs were closed
    st.session_state[_ENTERED] = True
    st.session_state.setdefault(LANGUAGE, st.query_params.get("lang", DEFAULT_LANGUAGE))
    use_language(st.session_state[LANGUAGE])
    st.html(_STYLE)


def require_entry() -> None:
    """Go through the entry script if Streamlit runs a page without it.

    Until a process has called `st.navigation` for the first time, Streamlit runs only the script in
    `pages/` if a visitor opens the address of a page.
    """
    if _ENTERED not in st.session_state:
        navigation()
        st.rerun()
