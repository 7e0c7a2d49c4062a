"""Writes Markdown, and escapes texts of users so that they never become markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# A backslash before any of these characters is never shown (CommonMark 0.31, section 2.4).
_MARKUP = re.compile(r"[\\`*_{}\[\])<>#+\-.!|~$:@&=^]")

_PIPE = "\\|"


def escaped(text: str) -> str:
    """Return one line of Markdown that shows the plain text, without control characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return with_backslashes(" ".join(printable.split()))


def with_backslashes(text: str) -> str:
    """Return the text with a backslash before each character that may have a Markdown meaning."""
    return _MARKUP.sub(r"\\\g<0>", text)


def quotation(text: str) -> str:
    """Return a text as a quotation in Markdown, without empty lines."""
    lines = [line for line in map(escaped, text.splitlines()) if line]
    return "\\\n".join(f"> {line}" for line in lines)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown. The cells are Markdown, too. Each "|" in a cell is escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', _PIPE) for cell in line)} |" for line in lines
    )
