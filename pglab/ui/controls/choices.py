"""What a control says, whatever the browser did with it.

Amid quick changes the browser builds a control anew, which then says what it was declared with, or
nothing at all: so declare each control with what it says now. And a request that was sent before
the options of a control changed names one that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def settle(key: str, options: Collection[T], usual: T) -> T:
    """Let the control say one of its options: its own, else the last it said, else the usual one.

    Call it before the control is drawn.
    """
    last = f"{key}.last"
    candidates: list[Any] = [st.session_state.get(key), st.session_state.get(last), usual, *options]
    choice: T = next(candidate for candidate in candidates if candidate in options)
    if key not in st.session_state or candidates[0] != choice:
        st.session_state[key] = choice
    st.session_state[last] = choice
    return choice


def place_of(key: str, options: Sequence[Any]) -> int:
    """Where among its options the control stands; at the first if it says none of them."""
    said = st.session_state.get(key)
    return options.index(said) if said in options else 0


def if_offered(key: str, options: Collection[Any], act: Callable[[Any], None]) -> None:
    """In the callback of a control: act on what it says, if that is one of its options."""
    said = st.session_state.get(key)
    if said in options:
        act(said)
