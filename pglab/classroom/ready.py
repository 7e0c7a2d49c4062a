"""The lessons that come with the app: the files in `pglab/content/<language>/lessons/`."""

from __future__ import annotations

from functools import lru_cache

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_file import read_lesson
from pglab.config import quoted
from pglab.language import _, content, content_names

_FOLDER = "lessons"


def ready_lessons() -> dict[str, Lesson]:
    """Read all lessons that come with the app, by their names, in the visitor's language.

    Raises:
        LessonError: a file cannot be used.
    """
    return {name: _read(content(f"{_FOLDER}/{name}")) for name in content_names(_FOLDER)}


def ready_lesson(name: str) -> Lesson:
    """Read the lesson with this name, in the visitor's language.

    Raises:
        LessonError: there is no such lesson, or its file cannot be used.
    """
    if name not in content_names(_FOLDER):
        raise LessonError(
            _("No lesson of the app is called {name}. Open the page Lessons.").format(
                name=quoted(name)
            )
        )
    return _read(content(f"{_FOLDER}/{name}"))


@lru_cache(maxsize=100)
def _read(file: str) -> Lesson:
    return read_lesson(file)
