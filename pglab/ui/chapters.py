"""What stands below the stage: chapters, of which one is in the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pglab.language import _
from pglab.ui.choices import settle
from pglab.ui.entry import fragment
from pglab.ui.lab import CHAPTERS

Chapter = tuple[str, Callable[[], None]]  # title, and what draws it

NO_TOOLBAR = {"displayModeBar": False}  # for a chart whose legend it would cover


def chapters(page: str, *parts: Chapter) -> None:
    """A row of titles, and the chapter that is chosen, at first the first one; `page` is a key.

    Not Streamlit's tabs: with each redraw of the stage it renders all containers of the page
    anew, and tabs are by far the most expensive of them.
    """
    fragment(_chapters, CHAPTERS)(page, parts)


def chapter_key(page: str) -> str:
    """Where the visit's session state has the title of the open chapter of a page."""
    return f"{page}.chapter"


def _chapters(page: str, parts: Sequence[Chapter]) -> None:
    drawings = dict(parts)
    key = chapter_key(page)
    chosen = settle(key, drawings, parts[0][0])
    st.segmented_control(
        _("Chapter"),
        list(drawings),
        required=True,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )
    with st.container(key="chapter"):
        drawings[chosen]()
