"""The way into the app: language, style and menu, and the guard of the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pglab.language import DEFAULT_LANGUAGE, _, use_language

_ENTERED = "entered"
_STYLE = Path(__file__).parent / "page.css"


def enter() -> None:
    """Begin a script run in the entry script: style, and the language the link asks for."""
    st.session_state[_ENTERED] = True
    use_language(st.query_params.get("lang", DEFAULT_LANGUAGE))
    st.html(_STYLE)


def navigation() -> Any:
    """The menu of pages; run the page that it returns."""
    return st.navigation(
        [
            st.Page("pages/home.py", title=_("Home"), default=True),
            st.Page("pages/reinforce.py", title="REINFORCE"),
        ]
    )


def require_entry() -> None:
    """Send a page that runs without the entry script through it.

    The first visitor of a process who opens a page's own address gets the script in `pages/` run
    by itself. Streamlit stops doing so once `st.navigation` was called.
    """
    if _ENTERED not in st.session_state:
        navigation()
        st.rerun()
