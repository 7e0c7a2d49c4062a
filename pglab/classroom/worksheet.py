"""Writes a lesson as pages to print: one for students, and one with answers for the lecturer."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import ChoiceQuestion, Lesson
from pglab.classroom.qr import qr_svg
from pglab.classroom.texts.printed_text import printed_line, printed_markdown
from pglab.language import _, current_language, ngettext
from pglab.library.templates import templates_of


def worksheet_for_students(lesson: Lesson, link: str = "") -> str:
    """Write an HTML page with the tasks, the questions and space for answers, in a single file.

    Args:
        lesson: the lesson.
        link: the address of the lesson. The page shows this address, and also a QR code if the
            address is short enough.
    """
    return _written(lesson, link, with_answers=False)


def worksheet_for_lecturer(lesson: Lesson, link: str = "") -> str:
    """Write an HTML page with everything that the lesson contains; see `worksheet_for_students`."""
    return _written(lesson, link, with_answers=True)


def _written(lesson: Lesson, link: str, *, with_answers: bool) -> str:
    context = {
        "lesson": lesson,
        "link": link,
        "code": Markup(_code(link)),
        "with_answers": with_answers,
        "language": current_language(),
    }
    return _templates().get_template("worksheet.jinja").render(context)


def _code(link: str) -> str:
    try:
        return qr_svg(link) if link else ""
    except LessonError:  # too long for a code; the page shows the link itself
        return ""


def _duration(minutes: int) -> str:
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)


@cache
def _templates() -> Environment:
    environment = templates_of("pglab.classroom", html=True)
    environment.filters["markdown"] = lambda text: Markup(printed_markdown(text))
    environment.filters["line"] = lambda text: Markup(printed_line(text))
    environment.filters["duration"] = _duration
    environment.tests["choices"] = lambda question: isinstance(question, ChoiceQuestion)
    environment.globals["_"] = _
    return environment
