"""The running source, shown beside what it does."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from pglab.language import _


@dataclass(frozen=True)
class Part:
    """A formula in LaTeX, what it says, and the functions that compute it."""

    formula: str
    sentence: str
    functions: Sequence[Callable[..., Any]]


def formulas_and_code(*parts: Part) -> None:
    """Each formula beside the functions that compute it, as Python runs them."""
    for part in parts:
        words, code = st.columns([4, 9], gap="medium")
        with words:
            if part.formula:
                st.latex(part.formula)
            st.markdown(part.sentence)
        with code:
            source_code(*part.functions)


def source_code(*functions: Callable[..., Any]) -> None:
    """The lines of the functions; their contracts are folded away."""
    for function in functions:
        first, lines = _numbered(function)
        contract = _contract_lines(function)
        code = [number for number in range(first, first + len(lines)) if number not in contract]
        st.html(_block(function, code) + _folded(inspect.getdoc(function)))


def lit_line(function: Callable[..., Any], line: int, around: int = 3) -> None:
    """A few lines of a running function, with the one that has just run lit.

    Args:
        function: as Python runs it.
        line: number of the line in the function's file.
        around: lines shown before and after it.
    """
    first, lines = _numbered(function)
    shown = range(max(line - around, first), min(line + around + 1, first + len(lines)))
    st.html(_block(function, shown, lit=line))


def engine_sentence(engine: str) -> str:
    """What the shown code has to do with the run."""
    if engine == "reference":
        return _("Read from the running program: these lines compute this run.")
    return " ".join(
        (
            _("Read from the running program."),
            _fast_sentence(),
            _("Tests hold the two together. “Engine” in “More settings” lets the lines compute."),
        )
    )


def engine_note(engine: str) -> str:
    """What a lit line has to do with the run."""
    if engine == "reference":
        return _("This line computed these numbers, as in the run itself.")
    return " ".join(
        (_("This line computed these numbers, in a copy of the run."), _fast_sentence())
    )


def _fast_sentence() -> str:
    return _(
        "The run itself leaves forward passes, gradients and Adam to compiled code: the same up to "
        "rounding."
    )


def _numbered(function: Callable[..., Any]) -> tuple[int, list[str]]:
    """Number in its file of a function's first line, and its lines."""
    lines, first = inspect.getsourcelines(function)
    return max(first, 1), lines


def _contract_lines(function: Callable[..., Any]) -> range:
    """The lines of its docstring, by their numbers in the file."""
    first, lines = _numbered(function)
    (definition,) = ast.parse(textwrap.dedent("".join(lines))).body
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
    if ast.get_docstring(definition) is None:
        return range(0)
    docstring = definition.body[0]
    return range(first + docstring.lineno - 1, first + (docstring.end_lineno or 0))


def _block(function: Callable[..., Any], shown: Collection[int], lit: int | None = None) -> str:
    """Lines of a function as HTML, with the numbers that they have in its file."""
    first, lines = _numbered(function)
    marked = highlight(
        "".join(lines), PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)
    ).splitlines()
    text = "".join(
        f'<span class="{"pgl-lit" if number == lit else ""}">{number:4d}  {line.rstrip()}</span>'
        for number, line in enumerate(marked, start=first)
        if number in shown
    )
    name = f"{function.__module__}.{function.__qualname__}"
    return f'<div class="pgl-source"><div>{escape(name)}</div><pre>{text}</pre></div>'


def _folded(contract: str | None) -> str:
    """A docstring behind a word that unfolds it."""
    if contract is None:
        return ""
    words = escape(_("What it promises"))
    text = escape(contract)
    return f'<details class="pgl-contract"><summary>{words}</summary><pre>{text}</pre></details>'
