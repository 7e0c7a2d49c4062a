"""The state of a page with a stage, and the keys of its fragments."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

LIVE = "live"
TRANSPORT = "transport"
CHAPTERS = "chapters"
PANEL_CONTROLS = "panel_controls"


@dataclass(kw_only=True)
class LivePage:
    """The state of a page with a stage, kept in the visit's session state."""

    key: str
    sequence: int = 0  # number of the stage's last redraw
    page_is_stale: bool = False  # whether a click or control makes a redraw necessary
    _ticked: bool = field(default=False, init=False)

    def note_tick(self) -> None:
        """Note that the browser has asked for the next tick."""
        self._ticked = True

    def take_tick(self) -> bool:
        """Return whether the browser has asked for a tick since the last call."""
        ticked, self._ticked = self._ticked, False
        return ticked

    def redraw_stale_page(self) -> None:
        """Redraw the whole page if it is stale.

        Every live fragment calls this first. The browser may send a click or a changed setting
        together with a tick. Such a request reruns only the fragment of the tick.
        """
        if self.page_is_stale:
            st.rerun()
