"""Removes from a text what cannot be shown or stored."""

from __future__ import annotations

_JOINERS = "\u200c\u200d"  # invisible, but Persian and some emojis need them


def cleaned(text: str, most: int | None = None) -> str:
    """At most `most` characters of a text, without characters that cannot be shown or stored.

    This removes control characters, and the marks that change the direction of text. Each line
    ends with a line feed; other white space becomes spaces.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = (" " if c.isspace() and c != "\n" else c for c in lines)
    return "".join(c for c in shown if c.isprintable() or c == "\n" or c in _JOINERS)[:most]


def cleaned_line(text: str, most: int | None = None) -> str:
    """At most `most` characters of a text, cleaned, as one line with single spaces."""
    return " ".join(cleaned(text, most).split())
