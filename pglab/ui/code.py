"""The running source, shown beside what it does."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import streamlit as st

from pglab.language import _


def source_code(*functions: Callable[..., Any]) -> None:
    """The functions as Python runs them, through `inspect`."""
    st.caption(_("This is the code that runs, read from the running program."))
    for function in functions:
        st.code(inspect.getsource(function), language="python", line_numbers=True)
