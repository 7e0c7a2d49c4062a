"""The state of a page that has a stage, and the keys of the page's fragments."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    _ticked: bool = field(default=False, init=False)

    def note_tick(self) -> None:
        """Remember that the browser has asked for a tick: more training and a redraw."""
        self._ticked = True

    def take_tick(self) -> bool:
        """Return whether the browser has asked for a tick, and forget this request."""
        ticked, self._ticked = self._ticked, False
        return ticked

    def redraw_stale_page(self) -> None:
        """Redraw the whole page if `page_is_stale` is true.

        Call this method at the start of each fragment that shows or changes the run. The browser
        may send a click or a new setting in the same request as a tick. For such a request,
        Streamlit reruns only the fragment that contains the stage, although the click or the
        setting may change the whole page.
        """
        if self.page_is_stale:
            st.rerun()
