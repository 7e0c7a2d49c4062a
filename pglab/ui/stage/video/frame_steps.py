"""Buttons that stop the player at a frame, and the number of the frame at which it has stopped.

Each player has such buttons below its picture. A chapter can draw a second row of these
buttons, because the player may be scrolled out of view.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pglab.ui.stage.message import frame_step_texts
from pglab.ui.stage.stage import js_export

PLAYER = "player"  # the key of the player's panel on an agent's page

_reporter = st.components.v2.component(
    "pglab_frame_reporter", js=js_export("reportFrames", "frame_steps.js")
)
# The styles are those of the stage.
_buttons = st.components.v2.component(
    "pglab_frame_buttons", js=js_export("frameButtons", "frame_steps.js"), isolate_styles=False
)


def report_frames(
    page: str, known: int | None, on_stop: Callable[[int], None], *, wanted: bool
) -> None:
    """Draw an invisible component that calls `on_stop` with the number of the player's frame.

    Args:
        page: key of the page.
        known: the number that the page knows already.
        on_stop: called when the visitor has stopped the player at another frame.
        wanted: whether the page needs the number. If it does not, the browser reports a frame only
            if the visitor stops the player while a run trains.
    """
    key = f"{page}.frame_reporter"

    def stopped() -> None:
        number = st.session_state[key].held
        if isinstance(number, int):
            on_stop(number)

    _reporter(
        key=key,
        data={"player": PLAYER, "known": known, "wanted": wanted},
        on_held_change=stopped,
    )


def frame_buttons(page: str) -> None:
    """Draw the buttons that stop the page's player and step through its frames."""
    _buttons(
        key=f"{page}.frame_buttons",
        data={"player": PLAYER, "texts": frame_step_texts()},
        height="content",
    )
