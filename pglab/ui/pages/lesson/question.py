"""The question of a lesson step. After answering, the visitor sees the lesson's answer."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import ChoiceQuestion
from pglab.classroom.progress import Answer, ChoiceAnswer, SketchAnswer
from pglab.classroom.texts.safe_text import safe_line, safe_markdown
from pglab.curves import Curve
from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.ui.pages.lesson.sketch import sketch
from pglab.ui.pages.lesson.visit import LessonVisit

_REFUSED = "lesson.answer_refused"


def draw(visit: LessonVisit) -> None:
    """Draw the question of the current step and, if the visitor may see it, the answer."""
    asked = visit.step.question
    if asked is None:
        if visit.step.answer:
            with st.expander(_("Show the answer")):
                st.markdown(safe_markdown(visit.step.answer))
        return
    st.markdown(safe_markdown(asked.text))
    with st.container(key="lesson_question"):
        if isinstance(asked, ChoiceQuestion):
            _choices(visit, asked)
        else:
            _sketch(visit)
    refusal: str | None = st.session_state.pop(_REFUSED, None)
    if refusal is not None:
        st.warning(escaped(refusal))
    if visit.answer is not None and visit.step.answer:
        st.markdown(safe_markdown(visit.step.answer))


def _choices(visit: LessonVisit, asked: ChoiceQuestion) -> None:
    """Draw the choices. After the visitor's answer, draw a list that marks the right choices."""
    given = visit.answer
    if isinstance(given, ChoiceAnswer):
        st.markdown(_marked(asked, given.chosen))
        if asked.right:
            st.markdown(_judgement(asked, given.chosen))
        return
    key = f"lesson.choice.{visit.identity}.{visit.number}"
    names = [safe_line(choice) for choice in asked.choices]
    if asked.takes_several:
        picked = tuple(n for n, name in enumerate(names) if st.checkbox(name, key=f"{key}.{n}"))
    else:
        one = st.radio(
            _("Your answer"),
            range(len(names)),
            index=None,
            format_func=lambda number: names[number],
            key=key,
            label_visibility="collapsed",
        )
        picked = () if one is None else (one,)
    _answer_button(visit, ChoiceAnswer(picked), ready=bool(picked))


def _marked(asked: ChoiceQuestion, chosen: tuple[int, ...]) -> str:
    """Return the choices as a list that marks the right choices and the visitor's choices."""
    lines = []
    for number, choice in enumerate(asked.choices):
        marks = [_("your answer")] * (number in chosen)
        if asked.right:
            marks += [_("right") + " ✓"] * (number in asked.right)
        lines.append(f"- {safe_line(choice)}" + (f" **({', '.join(marks)})**" if marks else ""))
    return "\n".join(lines)


def _judgement(asked: ChoiceQuestion, chosen: tuple[int, ...]) -> str:
    return _("Your answer is right.") if set(chosen) == set(asked.right) else _("Not this time.")


def sketched(visit: LessonVisit) -> Curve | None:
    """Return the visitor's sketch as a curve for the return plot, or None without a sketch."""
    if not isinstance(visit.answer, SketchAnswer):
        return None
    steps, returns = np.array(visit.answer.points).T
    return Curve(steps, returns, _("your sketch"))


def _sketch(visit: LessonVisit) -> None:
    given = visit.answer
    points = sketch(
        f"{visit.identity}.{visit.number}",
        visit.step,
        given.points if isinstance(given, SketchAnswer) else None,
    )
    if given is None:
        _answer_button(visit, SketchAnswer(points or ()), ready=points is not None)


def _answer_button(visit: LessonVisit, answer: Answer, *, ready: bool) -> None:
    st.button(
        _("Lock my answer"),
        icon=":material/lock:",
        key="lesson_answer",
        type="primary",
        disabled=not ready,
        on_click=partial(_give, visit, answer),
        help=_("You cannot change your answer afterwards."),
    )


def _give(visit: LessonVisit, answer: Answer) -> None:
    try:
        visit.give(answer)
    except LessonError as error:
        st.session_state[_REFUSED] = str(error)
