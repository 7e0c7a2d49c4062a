"""Writes the sentences that refuse a value, and quotes the value in them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pglab.language import _

LONGEST_QUOTE = 40  # characters
_MARKS = str.maketrans("“”`", '""\'')


def quoted(text: str) -> str:
    """The text in quotation marks, on one line, shortened to 40 characters.

    Quotation marks inside the text are replaced. So a page can find the end of each quotation and
    show it literally.
    """
    start = " ".join(text[: 2 * LONGEST_QUOTE].split()).translate(_MARKS)
    plain = "".join(letter if letter.isprintable() else "�" for letter in start)
    cut = len(plain) > LONGEST_QUOTE or len(text) > 2 * LONGEST_QUOTE
    return f"“{plain[:LONGEST_QUOTE]}{'…' if cut else ''}”"


def refused(label: str, name: str, quotation: str) -> str:
    """The sentence that a setting cannot have a value: "Discount γ (gamma) cannot be “2”."."""
    return _("{label} ({name}) cannot be {quotation}.").format(
        label=label, name=name, quotation=quotation
    )


def choose_one_of(choices: Iterable[str]) -> str:
    """The sentence that lists the valid choices."""
    return _("Choose one of: {choices}.").format(choices=", ".join(choices))


def choose_whole_number(low: int, high: int) -> str:
    """The sentence that gives the valid range, ends included."""
    return _("Choose a whole number from {low:,} to {high:,}.").format(low=low, high=high)


def default_is_used(problem: object) -> str:
    """A problem, followed by the sentence that the default is used."""
    return _("{problem} The default is used.").format(problem=problem)


def unknown(name: str, known: Iterable[str]) -> str:
    """The sentence that there is no such setting, with a similar known name if there is one."""
    close = difflib.get_close_matches(name[:LONGEST_QUOTE], list(known), n=1)
    hint = _(" Did you mean “{name}”?").format(name=close[0]) if close else ""
    sentence = _("There is no setting {name} here; it is ignored.")
    return sentence.format(name=quoted(name)) + hint
