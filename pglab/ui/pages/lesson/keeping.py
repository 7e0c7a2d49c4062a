"""Stores a visitor's own lessons in the library, or else in links that contain a whole lesson."""

from __future__ import annotations

import streamlit as st

from pglab.classroom.keeping import keep_lesson
from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_link import complete_text
from pglab.classroom.opening import open_lesson
from pglab.library.keeping.saver import shared_library
from pglab.library.store.lessons import LessonRow
from pglab.library.store.library import Library
from pglab.ui.shell.owner import owner

_DRAFT = "lesson.draft"  # the parameter that names the lesson to which the visitor adds steps


def keep(lesson: Lesson, named: str | None = None) -> str:
    """Store a lesson, and return the parameter that names the lesson in a link.

    Args:
        lesson: the lesson.
        named: the parameter that names the lesson to replace, if this visitor owns that lesson;
            None for a new lesson.

    Raises:
        LessonError: the lesson fits into neither the library nor a link.
    """

    def stored(library: Library) -> str:
        own = {row.address for row in library.lessons_of(owner())}
        return keep_lesson(library, owner(), lesson, named if named in own else None)

    return shared_library().use(stored) or complete_text(lesson)


def own_lessons() -> list[LessonRow]:
    """Return this visitor's lessons in the library, or [] if the library cannot be used."""
    return shared_library().use(lambda library: library.lessons_of(owner())) or []


def opened(named: str) -> Lesson:
    """Return the lesson that the parameter `named` names.

    Raises:
        LessonError: there is no such lesson, or it cannot be used.
        LibraryUnavailable: the library cannot be used now.
    """
    return open_lesson(named, shared_library().get())


def delete(address: str) -> None:
    """Delete a lesson of this visitor."""
    shared_library().use(lambda library: library.delete_lesson(owner(), address))
    if draft() == address:
        st.session_state.pop(_DRAFT, None)


def draft() -> str | None:
    """Return the parameter that names the lesson to which the visitor adds steps, or None."""
    named: str | None = st.session_state.get(_DRAFT)
    return named


def set_draft(named: str) -> None:
    """Choose the lesson to which the next step will be added."""
    st.session_state[_DRAFT] = named
