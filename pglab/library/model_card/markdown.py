"""Writes Markdown: tables, and text of other people, which must never become markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# A backslash before any of these characters is never shown (CommonMark 0.31, section 2.4).
_MARKUP = re.compile(r"[\\`*_{}\[\])<>#+\-.!|~$:@&=^]")

_PIPE = "\\|"


def escaped(text: str) -> str:
    """One line of Markdown that shows the text as it is, but without its control characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return with_backslashes(" ".join(printable.split()))


def with_backslashes(text: str) -> str:
    """The text with a backslash before each character that may be a mark of Markdown."""
    return _MARKUP.sub(r"\\\g<0>", text)


def quotation(text: str) -> str:
    """A quotation in Markdown with the lines of a text that are not empty."""
    lines = [line for line in map(escaped, text.splitlines()) if line]
    return "\\\n".join(f"> {line}" for line in lines)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; the cells are Markdown, in which "|" is only a character."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', _PIPE) for cell in line)} |" for line in lines
    )
