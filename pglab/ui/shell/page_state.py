"""The state of a page that has a stage, and the keys of the page's fragments."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

LIVE = "live"
TRANSPORT = "transport"
CHAPTERS = "chapters"
PANEL_CONTROLS = "panel_controls"


@dataclass(kw_only=True)
class LivePage:
    """The state of a page that has a stage; Streamlit keeps it in the visitor's session state."""

    key: str
    sequence: int = 0  # number of the last redraw of the stage
    page_is_stale: bool = False  # whether the whole page must be redrawn
    without_channel: bool = False  # whether the browser cannot open the live channel

    def redraw_stale_page(self) -> None:
        """Redraw the whole page if `page_is_stale` is true.

        Call this method at the start of each fragment that shows or changes the run. One request of
        the browser may contain a click or a new setting that belongs to another fragment. Streamlit
        then reruns only one of these fragments, although the click may change the whole page.
        """
        if self.page_is_stale:
            st.rerun()
