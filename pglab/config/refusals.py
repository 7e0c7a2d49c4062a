"""Writes error messages about invalid values, and quotes these values."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pglab.language import _

LONGEST_QUOTE = 40  # characters
# A quotation must not contain the marks “, ” and `, because pages find a quotation by the marks “
# and ”, and show the quotation between backticks.
_MARKS = str.maketrans("“”`", '""\'')


def quoted(text: str) -> str:
    """Put a text in quotation marks, on one line, and cut the text after 40 characters."""
    start = " ".join(text[: 2 * LONGEST_QUOTE].split()).translate(_MARKS)
    plain = "".join(letter if letter.isprintable() else "�" for letter in start)
    cut = len(plain) > LONGEST_QUOTE or len(text) > 2 * LONGEST_QUOTE
    return f"“{plain[:LONGEST_QUOTE]}{'…' if cut else ''}”"


def refused(label: str, name: str, quotation: str) -> str:
    """An error message about an invalid value, such as "Discount γ (gamma) cannot be “2”."."""
    return _("{label} ({name}) cannot be {quotation}.").format(
        label=label, name=name, quotation=quotation
    )


def choose_one_of(choices: Iterable[str]) -> str:
    """A sentence that lists the valid choices."""
    return _("Choose one of: {choices}.").format(choices=", ".join(choices))


def choose_whole_number(low: int, high: int) -> str:
    """A sentence that gives the smallest and the largest valid number."""
    return _("Choose a whole number from {low:,} to {high:,}.").format(low=low, high=high)


def default_is_used(problem: object) -> str:
    """Add the sentence "The default is used." to an error message."""
    return _("{problem} The default is used.").format(problem=problem)


def unknown(name: str, known: Iterable[str], *, ignored: bool = True) -> str:
    """An error message about an unknown name. The message suggests a similar known name.

    `ignored` is true if the program ignores the unknown setting and goes on.
    """
    close = difflib.get_close_matches(name[:LONGEST_QUOTE], list(known), n=1)
    hint = _(" Did you mean “{name}”?").format(name=close[0]) if close else ""
    sentence = (
        _("The setting {name} is unknown here, so it is ignored.")
        if ignored
        else _("The setting {name} is unknown here.")
    )
    return sentence.format(name=quoted(name)) + hint
