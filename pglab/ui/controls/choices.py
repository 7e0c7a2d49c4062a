"""Keeps the values of controls valid, even if the browser sends an invalid value.

If the visitor changes controls quickly, the browser may rebuild a control. The rebuilt control
then sends its initial value or no value. Therefore, pass the current value to each control as its
initial value. If the options of a control change, a late request from the browser may still contain
an old option.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def settle(key: str, options: Collection[T], usual: T) -> T:
    """Give the control a valid value and return this value.

    A value is valid if `options` contains it. The function tries these values in order: the current
    value, the last valid value, `usual`, the first option. Call it before drawing the control.
    """
    last = f"{key}.last"
    candidates: list[Any] = [st.session_state.get(key), st.session_state.get(last), usual, *options]
    choice: T = next(candidate for candidate in candidates if candidate in options)
    if key not in st.session_state or candidates[0] != choice:
        st.session_state[key] = choice
    st.session_state[last] = choice
    return choice


def place_of(key: str, options: Sequence[Any]) -> int:
    """Return the index of the control's value in `options`, or 0 if it is not an option."""
    said = st.session_state.get(key)
    return options.index(said) if said in options else 0


def if_offered(key: str, options: Collection[Any], act: Callable[[Any], None]) -> None:
    """Call `act` with the control's value, but only if `options` contains this value."""
    said = st.session_state.get(key)
    if said in options:
        act(said)
