"""Cleans texts: removes the characters that cannot be shown or stored."""

from __future__ import annotations

_JOINERS = "\u200c\u200d"  # invisible, but Persian and some emojis need them


def cleaned(text: str, most: int | None = None) -> str:
    """Remove characters that cannot be shown or stored, and cut the text after `most` characters.

    Control characters, and marks that change the direction of the text, are removed. Line breaks
    become line feeds. Every other white-space character becomes a space.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = (" " if c.isspace() and c != "\n" else c for c in lines)
    return "".join(c for c in shown if c.isprintable() or c == "\n" or c in _JOINERS)[:most]


def cleaned_line(text: str, most: int | None = None) -> str:
    """Clean a text, cut it after `most` characters, and return one line with single spaces."""
    return " ".join(cleaned(text, most).split())
