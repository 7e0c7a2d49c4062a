"""The start of every script run: sets the language and the style."""

from __future__ import annotations

from pathlib import Path

import pandas  # type: ignore[import-untyped]  # noqa: F401  Loaded before several threads need it.
import streamlit as st

from pglab.language import DEFAULT_LANGUAGE, _, use_language
from pglab.ui.shell.fragments import LANGUAGE
from pglab.ui.shell.menu import PAGE, navigation
from pglab.ui.shell.visibility import check_names, hides_everything, show_everything

_ENTERED = "entered"
_STYLE = Path(__file__).parent / "page.css"


def enter() -> None:
    """Begin a script run: set the page's style, and use the language that the link names."""
    st.session_state[_ENTERED] = True
    st.session_state.setdefault(LANGUAGE, st.query_params.get("lang", DEFAULT_LANGUAGE))
    use_language(st.session_state[LANGUAGE])
    st.html(_STYLE)


def leave() -> None:
    """End a script run: check what the link hides, now that all parts of the page are known."""
    if check_names():
        st.rerun()
    if hides_everything():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(_("The link hides everything that can be hidden on this page."))
            st.button(_("Show everything"), key="show_everything", on_click=show_everything)


def require_entry() -> None:
    """Run the entry script first if Streamlit has started a page without it."""
    # If the server process has not called `st.navigation` yet, Streamlit runs the script of a page
    # in `pages/` without the entry script.
    # The same happens if the first run of the entry script was interrupted.
    if _ENTERED not in st.session_state or PAGE not in st.session_state:
        navigation()
        st.rerun()
