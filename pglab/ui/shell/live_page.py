"""What every page with a stage keeps in the visit's session state."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

LIVE = "live"
TRANSPORT = "transport"
CHAPTERS = "chapters"
PANEL_CONTROLS = "panel_controls"


@dataclass(kw_only=True)
class LivePage:
    """What every page with a stage keeps in the visit's session state."""

    key: str
    sequence: int = 0  # of redraws of the stage
    page_is_stale: bool = False  # a click or a control changed what the whole page shows
    _ticked: bool = field(default=False, init=False)

    def note_tick(self) -> None:
        """The browser has asked for the next tick."""
        self._ticked = True

    def take_tick(self) -> bool:
        """Whether there was a tick that nobody has taken yet."""
        ticked, self._ticked = self._ticked, False
        return ticked

    def redraw_stale_page(self) -> None:
        """Draw the whole page anew where a click asked for it.

        Every live fragment calls this first: the browser may send a click or a changed setting
        together with a tick, in one request that reruns only the fragment of the tick.
        """
        if self.page_is_stale:
            st.rerun()
