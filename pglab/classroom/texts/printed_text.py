"""Converts Markdown of unknown people to HTML for a page that is printed."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from latex2mathml import converter
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pglab.classroom.texts.formula import may_be_shown
from pglab.classroom.texts.safe_text import new_parser, safe_line, safe_markdown

# Only these parts of MathML may be on the page: the converter passes on what others have written.
_ELEMENTS = re.compile(
    "math|mrow|m[ino]|mtext|mspace|m(sub|sup|subsup)|m(under|over|underover)|mfrac|msqrt|mroot"
    "|mt(able|r|d)|mstyle|mpadded|menclose"
)
_ATTRIBUTES = re.compile(
    "display|displaystyle|scriptlevel|stretchy|fence|form|accent|accentunder|movablelimits|[lr]space"
    "|mathvariant|linethickness|columnalign|(row|column)spacing|linebreak|notation"
)


def printed_markdown(text: str) -> str:
    """Convert Markdown to HTML. Links become plain text, and formulas become MathML."""
    rendered: str = _parser().render(safe_markdown(text))
    return rendered


def printed_line(text: str) -> str:
    """Convert one line of Markdown to HTML."""
    rendered: str = _parser().renderInline(safe_line(text))
    return rendered


def formula_mathml(formula: str, *, is_block: bool) -> str:
    """Convert a formula to MathML; if this is not possible, return its source as code."""
    written = _mathml(formula, "block" if is_block else "inline") if may_be_shown(formula) else None
    return written or f"<code>{html.escape(formula)}</code>"


def _mathml(formula: str, display: str) -> str | None:
    try:
        element = converter.convert_to_element(formula, display=display)
    except Exception:  # the converter's errors have no common class
        return None
    for part in element.iter():
        if _ELEMENTS.fullmatch(part.tag) is None:
            return None
        part.text = html.unescape(part.text or "")  # the converter writes signs as entities
        for name in [name for name in part.attrib if _ATTRIBUTES.fullmatch(name) is None]:
            del part.attrib[name]
    return ET.tostring(element, encoding="unicode")


@cache
def _parser() -> MarkdownIt:
    parser = new_parser()
    for rule, is_block in (
        ("math_inline", False),
        ("math_inline_double", False),
        ("math_block", True),
    ):
        parser.add_render_rule(rule, _formula_rule(is_block))
    for rule in ("link_open", "link_close"):
        parser.add_render_rule(rule, _nothing)
    return parser


def _formula_rule(is_block: bool) -> Any:
    def render(
        _renderer: object,
        tokens: Sequence[Token],
        index: int,
        _options: Mapping[str, Any],
        _environment: Mapping[str, Any],
    ) -> str:
        return formula_mathml(tokens[index].content, is_block=is_block)

    return render


def _nothing(*_arguments: object) -> str:
    return ""
