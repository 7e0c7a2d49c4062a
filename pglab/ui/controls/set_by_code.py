"""Controls that both code and the visitor can set.

Each request of the browser contains the values of all controls that the browser knows. After code
has set a new value, a late request could restore the old value. Therefore, `set_value` replaces the
control by a new control with a new key. A late request sends the old value under the old key, and
the program ignores the old key.
"""

from __future__ import annotations

from typing import Any

import streamlit as st


def widget_key(name: str) -> str:
    """Return the current key of the control with this name."""
    return f"{name}.{st.session_state.get(_edition(name), 0)}"


def value_of(name: str) -> Any:
    """Return the value of the control with this name.

    Raises:
        KeyError: the control was never given a value.
    """
    return st.session_state[widget_key(name)]


def set_value(name: str, value: Any) -> None:
    """Set the value of the control with this name. The caller must then redraw the page.

    Another request may interrupt this function at any line that uses the session state. Therefore,
    the new control gets its value before it replaces the old control.
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
