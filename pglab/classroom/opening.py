"""Opens the lesson that a link names."""

from __future__ import annotations

import hashlib

from pglab.classroom.checks import LessonError
from pglab.classroom.keeping import kept_lesson
from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_link import is_complete, is_name, read_complete_text
from pglab.classroom.ready import ready_lesson
from pglab.language import _
from pglab.library.store.lessons import is_lesson_address
from pglab.library.store.library import Library


def open_lesson(named: str, library: Library | None) -> Lesson:
    """Open the lesson that the parameter `lesson` of a link names.

    Args:
        named: the name of a lesson of the app, the address of a lesson in the library, or a
            complete lesson; see `lesson_link`.
        library: the library, or None if the library cannot be used now.

    Raises:
        LessonError: there is no such lesson, or it cannot be used.
        LibraryUnavailable: the library cannot be used now.
    """
    if is_complete(named):
        return read_complete_text(named)
    if is_name(named):
        return ready_lesson(named)
    if not is_lesson_address(named):
        raise LessonError(_("The link names no lesson. Copy the whole link again."))
    if library is None:
        raise LessonError(
            _("The library cannot be used now, so this lesson cannot be opened. Try again later.")
        )
    return kept_lesson(library, named)


def identity_of(named: str) -> str:
    """Return a short text that identifies the lesson; its answers are stored under this text."""
    if is_name(named) or is_lesson_address(named):
        return named
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()
