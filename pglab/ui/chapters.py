"""What stands below the stage: chapters, of which one is in the page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pglab.language import _
from pglab.ui.entry import fragment
from pglab.ui.lab import CHAPTERS

Chapter = tuple[str, Callable[[], None]]  # title, and what draws it

NO_TOOLBAR = {"displayModeBar": False}  # for a chart whose legend it would cover
OPEN_CHAPTER = "chapters.open"  # its title in the visit's session state


def chapters(*parts: Chapter) -> None:
    """A row of titles, and the chapter that is chosen, at first the first one.

    Not Streamlit's tabs: with each redraw of the stage it renders all containers of the page
    anew, and tabs are by far the most expensive of them.
    """
    fragment(_chapters, CHAPTERS)(*parts)


def _chapters(*parts: Chapter) -> None:
    drawings = dict(parts)
    if st.session_state.get(OPEN_CHAPTER) not in drawings:  # of another page
        st.session_state[OPEN_CHAPTER] = parts[0][0]
    st.segmented_control(
        _("Chapter"), list(drawings), required=True, key=OPEN_CHAPTER, label_visibility="collapsed"
    )
    with st.container(key="chapter"):
        drawings[st.session_state[OPEN_CHAPTER]]()
