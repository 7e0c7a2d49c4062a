"""The state of a page that has a stage, and the keys of the page's fragments."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

LIVE = "live"
TRANSPORT = "transport"
CHAPTERS = "chapters"
PANEL_CONTROLS = "panel_controls"
SKETCH = "sketch"  # the session state keeps the visitor's sketch of the return curve under this key


# The ends of keys that stay when a page forgets its state: the numbers of presses, and those in the
# keys of controls. A late request of the browser must not find the former names again.
_STAY = (".numbered", ".edition")


def forget(page: str) -> None:
    """Remove the state of a page and of its controls, so that the page reads its link again."""
    for key in list(st.session_state):
        if isinstance(key, str) and key.startswith(f"{page}.") and not key.endswith(_STAY):
            del st.session_state[key]


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
