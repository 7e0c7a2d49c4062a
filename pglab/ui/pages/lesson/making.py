"""The dialog in which a visitor makes a lesson step from a page."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import (
    MOST_IN_TEXT,
    MOST_IN_TITLE,
    Lesson,
)
from pglab.classroom.place import PAGES
from pglab.classroom.texts.safe_text import plain_line
from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.controls.lab import lab_of_page
from pglab.ui.pages.gradient_lab.page import KEY as GRADIENT_LAB
from pglab.ui.pages.lesson.fields import AREA_PIXELS, Fields, Page, draw_fields, made_step
from pglab.ui.pages.lesson.keeping import draft, keep, opened, own_lessons, set_draft
from pglab.ui.pages.lesson.reopening import key_of, page_of_path
from pglab.ui.pages.lesson.sharing import share
from pglab.ui.pages.lesson.visit import present_visit
from pglab.ui.shell.address_bar import written
from pglab.ui.shell.menu import current_page, page_title
from pglab.ui.shell.theme import page_theme
from pglab.ui.shell.visibility import offers, visibility

_MADE = "lesson.made"  # the parameter that names the lesson with the new step


def making_button() -> None:
    """Draw the button that opens the dialog; call this function after drawing the page."""
    page = page_of_path(current_page())
    if page not in PAGES or present_visit() is not None:
        return
    label = _("Make a lesson step")
    if visibility("make_lesson", label, lockable=False).hidden:
        return
    if st.sidebar.button(
        label,
        icon=":material/school:",
        key="make_lesson",
        help=_("Choose what students see and do here, and get a link for them."),
    ):
        st.session_state.pop(_MADE, None)
        shown = {name: offer for name, offer in offers().items() if name != "make_lesson"}
        opened_page = Page(page, dict(written()), shown, lab_of_page(key_of(page)))
        # Esc or a click beside the dialog would lose the text that the visitor is typing.
        st.dialog(label, width="large", dismissible=False)(_dialog)(opened_page)


def how_to_make() -> str:
    """Return a sentence that says how a visitor makes a step."""
    return _(
        "Open a page as your students should find it, and press “Make a lesson step” at the end "
        "of its sidebar."
    )


def _opens(page: Page) -> str:
    """Return sentences that say how students find the page of the step."""
    told = _(
        "The step opens the page *{title}* with its present settings, view and chapter. For "
        "another page, open that page first."
    ).format(title=page_title())
    if page.name == GRADIENT_LAB:
        told += " " + _("Students find the result for these settings already drawn.")
    return told


def how_to_extend() -> str:
    """Return sentences that say how a visitor adds a step to the chosen lesson."""
    return _("The next step that you make is added to this lesson.") + " " + how_to_make()


def _dialog(page: Page) -> None:
    # The dialog is outside the element that has the colour scheme of the app.
    st.html(f'<style>[data-testid="stDialog"] {{ color-scheme: {page_theme()} }}</style>')
    made: str | None = st.session_state.get(_MADE)
    if made is not None:
        _show_made(made)
        return
    st.caption(_opens(page))
    extended = _lesson_to_extend()
    number = 1 if extended is None else len(extended[1].steps) + 1
    fields = Fields(f"lesson.making.{number}")
    with st.container(horizontal=True):
        if extended is None:
            st.text_input(
                _("Title of the lesson"),
                **fields.of("lesson"),
                max_chars=MOST_IN_TITLE,
            )
        st.text_input(
            _("Title of step {n}").format(n=number),
            **fields.of("title"),
            max_chars=MOST_IN_TITLE,
        )
    st.text_area(
        _("Task (Markdown)"),
        **fields.of("task"),
        max_chars=MOST_IN_TEXT,
        placeholder=_("What should the students do and look at?"),
        height=AREA_PIXELS,
    )
    draw_fields(page, fields)
    with st.container(key="save_step"):
        refused: str | None = st.session_state.pop(fields.key("refused"), None)
        if refused is not None:
            st.error(escaped(refused))
        with st.container(horizontal=True):
            st.button(
                _("Save this step"),
                icon=":material/save:",
                type="primary",
                key=fields.key("save"),
                on_click=partial(_save, page, extended, fields),
            )
            _close_button(_("Your texts stay in the form until you save the step."))


def _lesson_to_extend() -> tuple[str, Lesson] | None:
    """Let the visitor choose a further step or a new lesson.

    The offered lesson is the one on which the visitor worked last in this visit. If there is none,
    it is the visitor's newest lesson, and the new lesson is preselected.

    Returns:
        The lesson that gets the further step, after its name in links; None for a new lesson.
    """
    worked_on = draft()
    named = worked_on or next((row.address for row in own_lessons()), None)
    if named is None:
        return None
    try:
        lesson = opened(named)
    except (LessonError, LibraryUnavailable):
        return None  # it was deleted: the visitor begins a new lesson
    new = _("A new lesson")
    further = _("A further step of “{title}”").format(title=plain_line(lesson.title))
    first = 1 if worked_on is None else 0
    chosen = st.radio(_("Make"), [further, new], index=first, key="lesson.which")
    return None if chosen == new else (named, lesson)


def _save(page: Page, extended: tuple[str, Lesson] | None, fields: Fields) -> None:
    """Add the step to the lesson, or begin a new lesson with it."""
    try:
        step = made_step(page, fields)
        if extended is None:
            named = keep(Lesson(fields.text("lesson"), (step,)))
        else:
            named, lesson = extended
            named = keep(replace(lesson, steps=(*lesson.steps, step)), named)
    except LessonError as error:
        st.session_state[fields.key("refused")] = str(error)
        return
    fields.forget()
    set_draft(named)
    st.session_state[_MADE] = named


def _show_made(named: str) -> None:
    try:
        lesson = opened(named)
    except (LessonError, LibraryUnavailable) as error:
        st.error(escaped(str(error)))
        return
    saved = _("Step {n} of “{title}” is saved.").format(
        n=len(lesson.steps), title=plain_line(lesson.title)
    )
    st.success(f"{saved} {how_to_extend()}")
    share(named, lesson, "lesson.made")
    _close_button()


def _close_button(help: str | None = None) -> None:
    if st.button(_("Close"), key="lesson.close", help=help):
        st.rerun()
