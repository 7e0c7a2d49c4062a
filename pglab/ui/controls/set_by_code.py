"""Controls that both code and the visitor can set.

Each request of the browser contains the values of all controls that the browser knows. If code has
set a new value, a request sent before the browser received it would restore the old value. So
setting a value replaces the control by a new control with a new key. The old value then arrives
under the old key, which nobody reads.
"""

from __future__ import annotations

from typing import Any

import streamlit as st


def widget_key(name: str) -> str:
    """The current key of the control with this name."""
    return f"{name}.{st.session_state.get(_edition(name), 0)}"


def value_of(name: str) -> Any:
    """The value of the control with this name.

    Raises:
        KeyError: the control was never given a value.
    """
    return st.session_state[widget_key(name)]


def set_value(name: str, value: Any) -> None:
    """Set the control with this name; the page must be redrawn afterwards.

    Another request may interrupt this function at any line that uses the state. So the new control
    gets its value before it replaces the old control.
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
