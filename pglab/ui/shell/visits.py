"""Tells whether the browser of a visit is still connected to Streamlit."""

from __future__ import annotations

from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def this_visit() -> str:
    """Return the name of the visit for which this script runs, or "" outside a script."""
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def is_connected(visit: str) -> bool:
    """Whether a tab of a browser shows this visit now; all threads may call this function."""
    return Runtime.exists() and Runtime.instance().is_active_session(visit)
