"""The app's menu of pages, and the visitor's current page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pglab.language import _

PAGE = "page"
HIDE = "hide"  # the address parameter with the names of what the page does not show
MENU = "menu"  # links can hide the menu by this name
_TITLE = "page_title"
_PAGE_CHANGED = "page_changed"


def navigation() -> Any:
    """Draw the menu of pages, unless the link hides it. The caller must run the returned page."""
    hidden = MENU in st.query_params.get(HIDE, "").split(",")
    page = st.navigation(
        [
            st.Page("pages/home.py", title=_("Home"), default=True),
            st.Page("pages/reinforce.py", title="REINFORCE"),
            st.Page("pages/shared_body.py", title=_("Shared body")),
            st.Page("pages/split_bodies.py", title=_("Split bodies")),
            st.Page("pages/compare.py", title=_("Compare")),
            st.Page("pages/maps.py", title=_("Maps")),
            st.Page("pages/gradient_lab.py", title=_("Gradient lab")),
            st.Page("pages/lessons.py", title=_("Lessons")),
            st.Page("pages/my_runs.py", title=_("My runs")),
            st.Page("pages/watch.py", title=_("Watch"), visibility="hidden"),
            st.Page("pages/room.py", title=_("Room"), visibility="hidden"),
            st.Page("pages/wall.py", title=_("Wall"), visibility="hidden"),
        ],
        position="hidden" if hidden else "sidebar",
    )
    st.session_state[_PAGE_CHANGED] = st.session_state.get(PAGE) != page.url_path
    st.session_state[PAGE], st.session_state[_TITLE] = page.url_path, page.title
    return page


def page_changed() -> bool:
    """Return whether the previous script run drew a different page, or no page."""
    changed: bool = st.session_state[_PAGE_CHANGED]
    return changed


def page_title() -> str:
    """Return the title of the visitor's current page, as it appears in the menu."""
    title: str = st.session_state[_TITLE]
    return title


def current_page() -> str:
    """Return the name of the visitor's current page, as it appears in the page's address."""
    page: str = st.session_state[PAGE]
    return page
