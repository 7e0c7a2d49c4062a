"""Controls that both code and the visitor can set.

Each request of the browser contains the values of all controls that the browser knows, so a late
request could restore a value that code has already replaced. To make such late values harmless,
`set_value` gives the control a new key, and the program ignores values under the old key.
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
    """Set the value of the control with this name; afterwards, the caller must redraw the page."""
    state = st.session_state
    key = widget_key(name)
    if key in state and state[key] == value:
        return
    edition = state.get(_edition(name), 0) + 1
    # Another request may interrupt at each of these lines, so the value is set before the edition.
    state[f"{name}.{edition}"] = value
    state[_edition(name)] = edition
    state.pop(key, None)


def _edition(name: str) -> str:
    return f"{name}.edition"
