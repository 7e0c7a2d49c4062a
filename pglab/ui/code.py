"""The running source, shown beside what it does."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st

from pglab.language import _


def source_code(*functions: Callable[..., Any]) -> None:
    """The functions as Python runs them, through `inspect`."""
    for function in functions:
        st.code(inspect.getsource(function), language="python", line_numbers=True)


def engine_sentence(engine: str) -> str:
    """What the shown code has to do with the run."""
    if engine == "reference":
        return _("Read from the running program: these lines compute this run.")
    return _(
        "Read from the running program. This run takes these steps with the fast engine: compiled "
        "code does the arithmetic of the forward passes, gradients and Adam, and tests hold its "
        "updates to those of these lines, up to rounding. “Engine” in “More settings” lets the "
        "lines themselves compute."
    )


def lit_line(function: Callable[..., Any], line: int, around: int = 3) -> None:
    """A few lines of a running function, with the one that has just run lit.

    Args:
        function: as Python runs it.
        line: number of the line in the function's file.
        around: lines shown before and after it.
    """
    lines, first = inspect.getsourcelines(function)
    here = line - first
    shown = range(max(here - around, 0), min(here + around + 1, len(lines)))
    text = "".join(
        f'<span class="{"pgl-lit" if index == here else ""}">'
        f"{first + index:4d}  {escape(lines[index].rstrip())}</span>"
        for index in shown
    )
    name = f"{function.__module__}.{function.__qualname__}"
    st.html(f'<div class="pgl-source"><div>{escape(name)}</div><pre>{text}</pre></div>')
