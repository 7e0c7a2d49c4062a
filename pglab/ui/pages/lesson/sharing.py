"""Offers a lesson as a link, a QR code, a Markdown file, and worksheets."""

from __future__ import annotations

from urllib.parse import urlencode, urljoin

import streamlit as st

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_file import ENDING, written_lesson
from pglab.classroom.place import LESSON
from pglab.classroom.qr import qr_svg
from pglab.classroom.worksheet import worksheet_for_lecturer, worksheet_for_students
from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.ui.controls.sharing.link import public_url, show_link
from pglab.ui.pages.lesson.keeping import own_lessons

PAGE = "lessons"  # the page that opens a lesson
FINISHED = "lesson.finished"  # the visit of the lesson that the visitor has just finished
QR_PIXELS = 240


def link_of(named: str) -> str:
    """Return the complete link with which other people can open a lesson."""
    return urljoin(public_url(), f"{PAGE}?{urlencode({LESSON: named})}")


def share(named: str, lesson: Lesson, key: str) -> None:
    """Draw the link, the QR code and the downloads of a lesson.

    Args:
        named: the parameter that names the lesson in a link.
        lesson: the lesson.
        key: the beginning of the controls' keys.
    """
    link = link_of(named)
    words, code = st.columns([3, 1], gap="medium")
    with words:
        st.caption(_("Everybody who has this link can take the lesson."))
        show_link(link, key)
        if any(row.address == named for row in own_lessons()):
            st.caption(_("The link stays the same when you change the lesson or add steps."))
        with st.container(horizontal=True):
            _download(_("Lesson (Markdown)"), written_lesson(lesson), f"{key}.file", ENDING)
            _download(_("Worksheet"), worksheet_for_students(lesson, link), f"{key}.sheet", ".html")
            _download(
                _("Worksheet with answers"),
                worksheet_for_lecturer(lesson, link),
                f"{key}.answers",
                "-answers.html",
            )
        st.caption(
            _(
                "The page Lessons lists the lessons that you have made. There, you can edit them, "
                "and open Markdown files."
            )
        )
    with code:
        try:
            st.image(qr_svg(link), width=QR_PIXELS, alt=_("QR code of the link"))
        except LessonError as error:
            st.caption(escaped(str(error)))


def _download(label: str, text: str, key: str, ending: str) -> None:
    st.download_button(
        label,
        text,
        file_name=f"lesson{ending}",
        mime="text/html" if ending.endswith("html") else "text/markdown",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )
