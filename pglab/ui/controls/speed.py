"""The slider for the speed of a run, and the address parameter with this speed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import streamlit as st

from pglab.config import Link
from pglab.language import _
from pglab.session.pacing import FIRST_SPEED, FULL_SPEED, REAL_TIME, SPEEDS
from pglab.ui.controls.choices import if_offered
from pglab.ui.controls.set_by_code import set_value, value_of, widget_key
from pglab.ui.shell.visibility import BUTTONS, Visibility, visibility

PARAMETER = "speed"  # address parameter; its value is "full" or a number of steps per second
_FULL = "full"
WIDTH = 140  # pixels


class Paced(Protocol):
    """An object with a training speed: the run of an agent's page, or a comparison."""

    speed: float


def speed_visibility() -> Visibility:
    """Return whether the link hides or locks the slider."""
    return visibility("speed", _("Speed"), BUTTONS)


def speed_slider(page: str, paced: Paced, on_change: Callable[[], None]) -> None:
    """Draw the slider and set `paced.speed` to its value. A change calls `on_change`."""

    def use(speed: float) -> None:
        paced.speed = speed
        on_change()

    allowed = speed_visibility()
    if allowed.hidden:
        paced.speed = st.session_state.get(widget_key(_name_of(page)), paced.speed)
        return
    key = widget_key(_name_of(page))
    st.session_state.setdefault(key, paced.speed)
    paced.speed = st.select_slider(
        _("Speed"),
        SPEEDS,
        value_of(_name_of(page)),
        format_func=_in_words,
        key=key,
        label_visibility="collapsed",
        width=WIDTH,
        persist_state="session",
        # A late request of the browser may come after the page has forgotten its controls.
        on_change=partial(if_offered, key, SPEEDS, use),
        disabled=allowed.locked,
    )


def read_link(page: str, link: Link) -> None:
    """If the link contains a speed, set the slider to this speed."""
    choices = {_in_link(speed): speed for speed in SPEEDS}
    speed = link.choice(PARAMETER, _("Speed"), choices, None)
    if speed is not None:
        set_value(_name_of(page), speed)


def link_parameters(page: str) -> dict[str, str]:
    """Return the address parameter with the speed, or {} for the default speed."""
    speed = st.session_state.get(widget_key(_name_of(page)), FIRST_SPEED)
    return {} if speed == FIRST_SPEED else {PARAMETER: _in_link(speed)}


def _name_of(page: str) -> str:
    return f"{page}.speed"


def _in_link(speed: float) -> str:
    return _FULL if speed == FULL_SPEED else f"{speed:g}"


def _in_words(speed: float) -> str:
    if speed == FULL_SPEED:
        return _("full speed")
    if speed == REAL_TIME:
        return _("50 steps/s, real time")
    return _("1 step/s") if speed == 1 else _("{n:,.0f} steps/s").format(n=speed)
