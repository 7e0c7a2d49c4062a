"""Keeps the values of controls valid, whatever the browser sends.

After quick changes, the browser may rebuild a control. The control then sends the value with which
it was declared, or no value. So declare each control with its current value. If the options of a
control change, an earlier request of the browser may name an option that does not exist any more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def settle(key: str, options: Collection[T], usual: T) -> T:
    """Give the control a valid value and return it: its own, else its last, else `usual`.

    If `usual` is not an option, the first option is used. Call this before drawing the control.
    """
    last = f"{key}.last"
    candidates: list[Any] = [st.session_state.get(key), st.session_state.get(last), usual, *options]
    choice: T = next(candidate for candidate in candidates if candidate in options)
    if key not in st.session_state or candidates[0] != choice:
        st.session_state[key] = choice
    st.session_state[last] = choice
    return choice


def place_of(key: str, options: Sequence[Any]) -> int:
    """The index of the control's value among its options; 0 if the value is not an option."""
    said = st.session_state.get(key)
    return options.index(said) if said in options else 0


def if_offered(key: str, options: Collection[Any], act: Callable[[Any], None]) -> None:
    """In a callback: call `act` with the control's value if the value is one of its options."""
    said = st.session_state.get(key)
    if said in options:
        act(said)
