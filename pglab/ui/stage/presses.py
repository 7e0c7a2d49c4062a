"""Acts on every press of a button or key. The browser numbers the presses, so no press is lost.

Streamlit merges requests that are waiting. Without numbers, two quick presses of a button would
become one press. The browser sends the numbers of all presses that the server has not confirmed
yet. The server acts on each numbered press exactly once, in order. If the browser's script is
missing, the buttons work like ordinary Streamlit buttons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from pglab.ui.shell.fragments import redraw_fragments
from pglab.ui.shell.menu import current_page
from pglab.ui.shell.page_state import CHAPTERS, LIVE, TRANSPORT
from pglab.ui.stage.stage import js_export

_listener = st.components.v2.component("pglab_presses", js=js_export("listen", "presses.js"))


@dataclass
class Presses:
    """The actions of a page's buttons in one visit, and the number of the last press."""

    actions: dict[str, Callable[[], None]] = field(
        default_factory=dict
    )  # for the key of each button, its action
    once: set[str] = field(default_factory=set)  # buttons that a held-down key presses only once
    last: int = 0  # number of the last press


def act_on_presses(key: str, action: Callable[[], None], *, repeats: bool) -> None:
    """Call `action` at each press of the button named `key`; the page must call `listen` later.

    If `repeats` is true, a keyboard key that is held down presses the button repeatedly.
    """
    presses = _presses_of(current_page())
    presses.actions[key] = action
    (presses.once.discard if repeats else presses.once.add)(key)


def listen(*, unsaved: bool = False) -> None:
    """Let the browser number each press of a button; call this after drawing the last button.

    If `unsaved` is true, the browser asks for confirmation before it closes or reloads the tab.
    """
    page = current_page()
    presses = _presses_of(page)
    result = _listener(
        key=f"{page}.presses",
        data={
            "page": page,
            "buttons": {key: key not in presses.once for key in presses.actions},
            "last": presses.last,
            "unsaved": unsaved,
        },
        on_log_change=partial(_act, page),
    )
    if not presses.last:  # the log may contain presses from an earlier, lost connection
        presses.last = max((number for number, _key in result.log or ()), default=0)


def _act(page: str) -> None:
    """Call the action of each new press, then redraw the buttons, the stage and the chapters.

    If the page has forgotten its state, the browser sends its former presses again, together with
    the visitor's next input. Then the whole page must be drawn, so that this input is not lost.
    """
    presses = _presses_of(page)
    listener = st.session_state.get(f"{page}.presses")  # a late request may come without it
    log = (listener and listener.log) or ()
    new = [(number, key) for number, key in log if number > presses.last]
    for number, key in new:
        presses.last = number
        if key in presses.actions:
            presses.actions[key]()
    if new:
        redraw_fragments(TRANSPORT, LIVE, CHAPTERS)


def _presses_of(page: str) -> Presses:
    presses: Presses = st.session_state.setdefault(f"{page}.numbered", Presses())
    return presses
