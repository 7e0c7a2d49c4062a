"""What stands below the stage: tabs that are drawn only while they are open."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pglab.ui.entry import fragment
from pglab.ui.lab import CHAPTERS

Chapter = tuple[str, Callable[[], None]]  # title, and what draws it

NO_TOOLBAR = {"displayModeBar": False}  # for a chart whose legend it would cover
OPEN_CHAPTER = "chapters.open"  # its title in the visit's session state


def chapters(*parts: Chapter) -> None:
    """Tabs, the first open. A closed one is not in the page: every redraw would pay for it."""
    fragment(_chapters, CHAPTERS)(*parts)


def _chapters(*parts: Chapter) -> None:
    tabs = st.tabs([title for title, _draw in parts], on_change="rerun", key=OPEN_CHAPTER)
    for tab, (_title, draw) in zip(tabs, parts, strict=True):
        if tab.open:
            with tab:
                draw()
