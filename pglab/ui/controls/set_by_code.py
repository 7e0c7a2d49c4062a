"""Controls whose values the visitor and the program can set.

Each request of the browser contains the values of all controls that the browser knows. A late
request could therefore restore a value that the program has already replaced. To prevent this,
`set_value` gives the control a new key. The program ignores values under the old key.
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
        KeyError: the control has no value yet.
    """
    return st.session_state[widget_key(name)]


def set_value(name: str, value: Any) -> None:
    """Set the value of the control with this name. The caller must then redraw the page."""
    state = st.session_state
    key = widget_key(name)
    if key in state and state[key] == value:
        return
    edition = state.get(_edition(name), 0) + 1
    # The edition is a part of the key. Another request may interrupt between these lines, so the
    # value is stored under the new key before the new key is in use.
    state[f"{name}.{edition}"] = value
    state[_edition(name)] = edition
    state.pop(key, None)


def _edition(name: str) -> str:
    return f"{name}.edition"
