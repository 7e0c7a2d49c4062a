"""Values of controls that code sets as well as the reader.

Each request of the browser carries the values of all controls that it knows of. One that it sent
before a new value reached the control would bring back the old one. So a control that is given
another value becomes a new control, with a new key: the old value comes under the old key, which
nobody reads.
"""

from __future__ import annotations

from typing import Any

import streamlit as st


def widget_key(name: str) -> str:
    """The key that the control of this name has now."""
    return f"{name}.{st.session_state.get(_edition(name), 0)}"


def value_of(name: str) -> Any:
    """What the control of this name says.

    Raises:
        KeyError: It was never given a value.
    """
    return st.session_state[widget_key(name)]


def set_value(name: str, value: Any) -> None:
    """Give the control of this name a value; the page must then be drawn anew.

    Another request may cut this short at any line that uses the state: the new control has its
    value before it takes the place of the old one.
    """
    state = st.session_state
    key = widget_key(name)
    if key in state and state[key] == value:
        return
    edition = state.get(_edition(name), 0) + 1
    state[f"{name}.{edition}"] = value
    state[_edition(name)] = edition
    state.pop(key, None)


def _edition(name: str) -> str:
    return f"{name}.edition"
