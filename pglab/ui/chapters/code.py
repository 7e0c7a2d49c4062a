"""Shows formulas beside the source code that computes them in the running program."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from threading import Lock
from typing import Any

import streamlit as st
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from pglab.algorithms.agents import AgentConfig
from pglab.language import _
from pglab.session.trainer import is_compiled


@dataclass(frozen=True)
class Part:
    """A formula in LaTeX, a sentence about it, and the functions that compute it."""

    formula: str
    sentence: str
    functions: Sequence[Callable[..., Any]]


def formulas_and_code(*parts: Part) -> None:
    """Draw each formula beside the source code of the functions that compute it."""
    for part in parts:
        words, code = st.columns([4, 9], gap="medium")
        with words:
            if part.formula:
                st.latex(part.formula)
            st.markdown(part.sentence)
        with code:
            source_code(*part.functions)


def source_code(*functions: Callable[..., Any]) -> None:
    """Draw the source code of functions. A click shows the docstring of a function."""
    for function in functions:
        source = _source_of(function)
        numbers = range(source.first, source.first + len(source.lines))
        code = [number for number in numbers if number not in source.contract]
        st.html(_block(function, code) + _folded(inspect.getdoc(function)))


def lit_line(function: Callable[..., Any], line: int, around: int = 3) -> None:
    """Draw a few lines of a function, and highlight the line that has just run.

    Args:
        function: the function that has run.
        line: number of the highlighted line in the function's file.
        around: number of lines shown on each side of the highlighted line.
    """
    source = _source_of(function)
    first, end = source.first, source.first + len(source.lines)
    shown = range(max(line - around, first), min(line + around + 1, end))
    st.html(_block(function, shown, lit=line))


def engine_sentence(config: AgentConfig) -> str:
    """Say which code computes the run: the code on the page, or compiled code."""
    if not is_compiled(config):
        return _("These lines come from the running program and compute this run.")
    return " ".join(
        (
            _("These lines come from the running program."),
            _compiled_sentence(),
            _(
                "Tests compare these results. If you set “Engine” to “reference” in “More "
                "settings”, these lines compute the run."
            ),
        )
    )


def engine_note(config: AgentConfig) -> str:
    """Say whether the highlighted line ran in the run itself or in a copy of the run."""
    if not is_compiled(config):
        return _("This line computed the numbers above; the run itself uses the same line.")
    return " ".join(
        (
            _("In a copy of the run, this line computed the numbers above."),
            _compiled_sentence(),
        )
    )


def _compiled_sentence() -> str:
    return _(
        "In the run itself, compiled code computes everything, the environment included. Its "
        "results differ from the results of the Python code only by rounding errors."
    )


@dataclass(frozen=True)
class _Source:
    """The source code of a function.

    `first` is the number of the function's first line in the file. `contract` contains the line
    numbers of the docstring.
    """

    first: int
    lines: tuple[str, ...]
    contract: range


_one_at_a_time = Lock()


def _source_of(function: Callable[..., Any]) -> _Source:
    """Read the source code of a function, in one thread at a time.

    If two threads parse at the same time, Python 3.11 may raise SystemError.
    """
    with _one_at_a_time:
        return _read(function)


@cache
def _read(function: Callable[..., Any]) -> _Source:
    found, number = inspect.getsourcelines(function)
    first, lines = max(number, 1), tuple(found)
    (definition,) = ast.parse(textwrap.dedent("".join(lines))).body
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
    if ast.get_docstring(definition) is None:
        return _Source(first, lines, range(0))
    docstring = definition.body[0]
    contract = range(first + docstring.lineno - 1, first + (docstring.end_lineno or 0))
    return _Source(first, lines, contract)


def _block(function: Callable[..., Any], shown: Collection[int], lit: int | None = None) -> str:
    """Return the shown lines of a function as HTML, with their line numbers in the file."""
    source = _source_of(function)
    text = "".join(
        f'<span class="{"pgl-lit" if number == lit else ""}">{number:4d}  {line.rstrip()}</span>'
        for number, line in enumerate(_marked(source), start=source.first)
        if number in shown
    )
    name = f"{function.__module__}.{function.__qualname__}"
    return f'<div class="pgl-source"><div>{escape(name)}</div><pre>{text}</pre></div>'


@cache
def _marked(source: _Source) -> list[str]:
    """Return the lines as HTML with highlighted syntax."""
    text = "".join(source.lines)
    html: str = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return html.splitlines()


def _folded(contract: str | None) -> str:
    """Return a docstring as HTML that is hidden until a click on its title."""
    if contract is None:
        return ""
    words = escape(_("What the function promises"))
    text = escape(contract)
    return f'<details class="pgl-contract"><summary>{words}</summary><pre>{text}</pre></details>'
