"""The bar above every page during a lesson, with task, question and buttons to other steps."""

from __future__ import annotations

import time
from functools import partial
from typing import Literal

import streamlit as st

from pglab.classroom.checks import LessonError
from pglab.classroom.place import LESSON, LESSON_STEP, step_number
from pglab.classroom.texts.safe_text import plain_line, safe_markdown
from pglab.config import ActorCriticConfig, ReinforceConfig, settings_of
from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.controls.sharing.kept_run import PARAMETER as STORED_RUN
from pglab.ui.pages.lesson import question
from pglab.ui.pages.lesson.reopening import go_to, page_of_path, script_of
from pglab.ui.pages.lesson.sharing import FINISHED
from pglab.ui.pages.lesson.sharing import PAGE as LESSONS
from pglab.ui.pages.lesson.visit import LessonVisit, begin, end, present_visit
from pglab.ui.shell.address_bar import written
from pglab.ui.shell.menu import HIDE, current_page
from pglab.ui.shell.page_state import SKETCH
from pglab.ui.shell.visibility import LOCK, SETTINGS, show_everything

LATE = 2.0  # seconds: so long a late request may bring the address of the former step


def lesson_bar() -> None:
    """Draw the bar of the lesson that the visitor takes; draw nothing if there is no lesson.

    Call this function before the page is drawn, because the lesson decides what the page shows.
    """
    with st.container(key="lesson_bar"):  # in its place even if it is empty
        st.session_state.pop(SKETCH, None)
        visit = _visit()
        if visit is None:
            return
        if _on_page(visit):
            st.session_state[SKETCH] = question.sketched(visit)
            _restrict(visit)
            _bar(visit)
        else:
            _way_back(visit)
    _keep_place(visit)


def open_first(named: str) -> None:
    """Open a lesson at the step where the visitor was last; this ends the script run.

    Raises:
        LessonError: there is no such lesson, or it cannot be used.
        LibraryUnavailable: the library cannot be used now.
    """
    _open(begin(named))


def _visit() -> LessonVisit | None:
    """Return the lesson that the address names, or else the lesson that the visitor takes."""
    named = st.query_params.get(LESSON)
    visit = present_visit()
    if visit is not None and visit.finished:
        end()
        st.session_state[FINISHED] = visit
        st.switch_page(script_of(LESSONS))
    if visit is not None and visit.must_open:
        _open(visit)
    if not named or (visit is not None and visit.named == named):
        if visit is not None:
            _follow_address(visit)
        return visit
    try:
        visit = begin(named)
    except (LessonError, LibraryUnavailable) as error:
        st.warning(escaped(str(error)))
        return present_visit()
    number = _number_in_address(visit)
    if number is not None and number != visit.number:
        visit.go_to(number)
    on_the_way = number is None or current_page() == LESSONS
    if on_the_way or (_on_page(visit) and not _has_parameters(visit)):
        _open(visit)
    return visit


def _follow_address(visit: LessonVisit) -> None:
    """Go to another step if the visitor went back or forward in the browser."""
    number = _number_in_address(visit)
    if current_page() == LESSONS and LESSON in st.query_params:
        _open(visit)
    if number in (None, visit.number) or time.monotonic() - visit.changed < LATE:
        return
    visit.go_to(number)
    if _on_page(visit):
        _open(visit)


def _number_in_address(visit: LessonVisit) -> int | None:
    """Return the number of the step that the address names, or None if there is no such step."""
    return step_number(st.query_params.get(LESSON_STEP, ""), len(visit.lesson.steps))


def _has_parameters(visit: LessonVisit) -> bool:
    """True if the address has parameters for the page, or if the step needs no parameters."""
    mine = {name for name, _text in visit.step.parameters} - {HIDE, LOCK}
    return not mine or bool(set(st.query_params) - set(visit.place) - {HIDE, LOCK})


def _on_page(visit: LessonVisit) -> bool:
    return page_of_path(current_page()) == visit.step.page


def _open(visit: LessonVisit) -> None:
    """Open the page of the current step; this ends the script run."""
    visit.must_open = False
    go_to(visit.step.page, visit.parameters)


def _restrict(visit: LessonVisit) -> None:
    """Replace the restrictions in the address with those of the lesson.

    The lesson, not the address, decides which parts are hidden or locked, and which values these
    parts have.
    """
    if visit.restricted == visit.changed:
        return  # the page has read its link already
    visit.restricted = visit.changed
    mine = dict(visit.step.parameters)
    restricted = {*mine.get(HIDE, "").split(","), *mine.get(LOCK, "").split(",")}
    if SETTINGS in restricted:
        restricted |= {*settings_of(ReinforceConfig), *settings_of(ActorCriticConfig)}
    wanted = {
        name: mine.get(name)
        for name in {*mine, *st.query_params}
        if name in (HIDE, LOCK) or name.rpartition(".")[2] in restricted
    }
    wanted.pop(STORED_RUN, None)  # a hidden button "run" does not forbid a stored run
    for name, text in wanted.items():
        if text is None:
            del st.query_params[name]
        elif st.query_params.get(name) != text:
            st.query_params[name] = text


def _keep_place(visit: LessonVisit) -> None:
    """Keep the lesson in the address of every page except *Lessons*.

    On *Lessons*, such an address would open the lesson at once.
    """
    if current_page() == LESSONS:
        return
    for name, text in visit.place.items():
        if st.query_params.get(name) != text:
            st.query_params[name] = text


def _bar(visit: LessonVisit) -> None:
    with st.container(border=True, key="lesson"):
        _heading(visit)
        step = visit.step
        if not step.task or (step.question is None and not step.answer):
            st.markdown(safe_markdown(step.task))
            question.draw(visit)
            return
        task, asked = st.columns([2, 3], gap="large")
        with task:
            st.markdown(safe_markdown(step.task))
        with asked:
            question.draw(visit)


def _heading(visit: LessonVisit) -> None:
    """Draw the titles and the buttons that lead to the other steps."""
    steps = visit.lesson.steps
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_heading"):
        st.markdown(f"**{plain_line(visit.step.title)}**", width="stretch")
        st.caption(
            _("{title}: step {n} of {all}").format(
                title=plain_line(visit.lesson.title), n=visit.number, all=len(steps)
            ),
            width="content",
        )
        # Callbacks act before the script draws anything, so no other request can interrupt them.
        st.button(
            _("Previous task"),
            icon=":material/arrow_back:",
            key="lesson_back",
            disabled=visit.number == 1,
            on_click=partial(_go, visit, visit.number - 1),
            help=_("The lesson keeps your run of each step."),
        )
        if visit.number < len(steps):
            st.button(
                _("Next task"),
                icon=":material/arrow_forward:",
                key="lesson_next",
                type="primary",
                on_click=partial(_go, visit, visit.number + 1),
            )
        else:
            st.button(
                _("Finish"),
                icon=":material/check:",
                key="lesson_finish",
                type="primary",
                on_click=partial(_finish, visit),
            )
        with st.popover("", icon=":material/more_horiz:", help=_("More about this lesson")):
            _more(visit)


def _more(visit: LessonVisit) -> None:
    st.button(
        _("Begin this step again"),
        icon=":material/replay:",
        key="lesson_again",
        width="stretch",
        on_click=partial(_begin_again, visit),
    )
    for number, step in enumerate(visit.lesson.steps, start=1):
        st.button(
            f"{number}. {plain_line(step.title)}",
            key=f"lesson_step_{number}",
            type="tertiary",
            disabled=number == visit.number,
            width="stretch",
            on_click=partial(_go, visit, number),
        )
    _leave_button(visit, width="stretch")


def _leave_button(visit: LessonVisit, width: Literal["stretch", "content"]) -> None:
    st.button(
        _("Leave the lesson"),
        icon=":material/logout:",
        key="lesson_leave",
        width=width,
        on_click=partial(_leave, visit),
    )


def _way_back(visit: LessonVisit) -> None:
    """On a page that does not belong to the step, draw one row with a button to the step."""
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_heading"):
        st.caption(
            _("You are taking the lesson “{title}”, step {n} of {all}.").format(
                title=plain_line(visit.lesson.title),
                n=visit.number,
                all=len(visit.lesson.steps),
            ),
            width="content",
        )
        st.button(
            _("Go to this step"),
            icon=":material/school:",
            key="lesson_return",
            on_click=partial(_return, visit),
        )
        _leave_button(visit, width="content")


def _go(visit: LessonVisit, number: int) -> None:
    if _on_page(visit):
        visit.leave_step(tuple(written().items()))
    visit.go_to(number)
    visit.must_open = True


def _begin_again(visit: LessonVisit) -> None:
    visit.leave_step(None)
    visit.must_open = True


def _return(visit: LessonVisit) -> None:
    visit.must_open = True


def _finish(visit: LessonVisit) -> None:
    visit.leave_step(tuple(written().items()))
    visit.go_to(1)  # so that the visitor can look at all steps again
    visit.finished = True


def _leave(visit: LessonVisit) -> None:
    """Leave the lesson; the page then shows everything."""
    if _on_page(visit):
        visit.leave_step(tuple(written().items()))
    visit.go_to(visit.number)
    end()
    for name in (LESSON, LESSON_STEP):
        st.query_params.pop(name, None)
    show_everything()
