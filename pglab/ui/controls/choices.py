"""Keeps the values of controls valid, whatever the browser sends.

After quick changes the browser may rebuild a control. The control then sends the value that it was
declared with, or none: so declare each control with its current value. And if the options of a
control change, a request that the browser sent before may name an option that no longer exists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def settle(key: str, options: Collection[T], usual: T) -> T:
    """Give the control a valid value and return it: its own, else its last one, else `usual`.

    If `usual` is no option either, the first option is used. Call this before drawing the control.
    """
    last = f"{key}.last"
    candidates: list[Any] = [st.session_state.get(key), st.session_state.get(last), usual, *options]
    choice: T = next(candidate for candidate in candidates if candidate in options)
    if key not in st.session_state or candidates[0] != choice:
        st.session_state[key] = choice
    st.session_state[last] = choice
    return choice


def place_of(key: str, options: Sequence[Any]) -> int:
    """The index of the control's value among its options; 0 if it is none of them."""
    said = st.session_state.get(key)
    return options.index(said) if said in options else 0


def if_offered(key: str, options: Collection[Any], act: Callable[[Any], None]) -> None:
    """Call `act` with the control's value if it is one of its options; for callbacks."""
    said = st.session_state.get(key)
    if said in options:
        act(said)
