"""Checks the texts and numbers of a lesson."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pglab.language import _
from pglab.library.cleaned_text import cleaned, cleaned_line

_EMPTY_LINES = re.compile(r"\A(?: *\n)+")


class LessonError(ValueError):
    """A lesson cannot be used; the message is a sentence that says what to change."""


@contextmanager
def in_step(number: int) -> Iterator[None]:
    """Add the number of the lesson step, counted from 1, to the message of each LessonError."""
    try:
        yield
    except LessonError as error:
        raise LessonError(_("Step {n}: {problem}").format(n=number, problem=error)) from error


def line_of(label: str, value: object, most: int) -> str:
    """Clean a text, and return it as one line that is not empty.

    Raises:
        LessonError: the value is not a text, is empty, or is longer than the limit `most`.
    """
    line = cleaned_line(_text(label, value))
    if not any(character.isprintable() for character in line):
        raise LessonError(_("{label} is empty. Write it.").format(label=label))
    return _short_enough(label, line, most)


def text_of(label: str, value: object, most: int) -> str:
    """Remove unusable characters, and empty lines at both ends; the result may be empty.

    Raises:
        LessonError: the value is not a text, or is longer than the limit `most`.
    """
    text = _EMPTY_LINES.sub("", cleaned(_text(label, value))).rstrip()
    return _short_enough(label, text, most)


def whole_number_of(label: str, value: object, low: int, high: int) -> int:
    """Check that a value is a whole number from `low` to `high`, and return it.

    Raises:
        LessonError: the value is not such a number.
    """
    if type(value) is not int or not low <= value <= high:
        raise LessonError(
            _("{label} must be a whole number from {low} to {high}.").format(
                label=label, low=low, high=high
            )
        )
    return value


def _text(label: str, value: object) -> str:
    if not isinstance(value, str):
        raise LessonError(_("{label} must be a text.").format(label=label))
    return value


def _short_enough(label: str, text: str, most: int) -> str:
    if len(text) > most:
        raise LessonError(
            _("{label} has {n:,} characters, but {most:,} are possible. Shorten it.").format(
                label=label, n=len(text), most=most
            )
        )
    return text
