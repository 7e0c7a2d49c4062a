"""Stores lessons in the library; anybody who has the address of a lesson can open it."""

from __future__ import annotations

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_file import read_lesson, written_lesson
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.problems import TooManyLessons


def keep_lesson(library: Library, owner: str, lesson: Lesson, address: str | None = None) -> str:
    """Store a lesson, and return its address.

    If the owner has a lesson at `address`, the new one replaces it.

    Raises:
        LessonError: the owner cannot store any more lessons.
        LibraryUnavailable: the library cannot be used now.
    """
    try:
        return library.save_lesson(owner, lesson.title, written_lesson(lesson), address)
    except TooManyLessons as error:
        raise LessonError(str(error)) from error


def kept_lesson(library: Library, address: str) -> Lesson:
    """Load the lesson at this address, and check it again.

    Raises:
        LessonError: there is no such lesson, or it cannot be used.
        LibraryUnavailable: the library cannot be used now.
    """
    file = library.load_lesson(address)
    if file is None:
        raise LessonError(
            _("There is no lesson at this address. Check the link, or ask for a new one.")
        )
    return read_lesson(file)
