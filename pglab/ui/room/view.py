"""Describes what phones show of a room. Phones that show the same step can share one message.

A phone does not get the answers of the class before they are revealed. In a paced room, the
phone does not get the lesson's answer, either. A phone never gets anything about other steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pglab.classroom.lesson import ChoiceQuestion, Lesson, Question, Step
from pglab.classroom.place import HOME, relative_link
from pglab.classroom.room.state import RoomState
from pglab.classroom.room.tallies import Tally
from pglab.classroom.texts.printed_text import printed_line, printed_markdown
from pglab.config.links import LANGUAGE, language_parameter
from pglab.curves import UsualBand
from pglab.language import current_language
from pglab.ui.room.sketch_axes import sketch_axes
from pglab.ui.shell.address_bar import ROOM, ROOM_STEP


@dataclass(frozen=True, eq=False)  # equal tallies cannot be compared: they hold arrays
class Shown:
    """What phones of a room may show: the state, tallies, and the steps in which members train."""

    state: RoomState
    tallies: Mapping[int, Tally] = field(default_factory=dict)  # of the revealed questions
    training: frozenset[int] = frozenset()  # the steps in which members train

    def step_for(self, own: int) -> int:
        """Return the step that a member sees: `own` in a free room, otherwise the room's step."""
        return self.state.step if self.state.mode == "paced" else own


def view_of(lesson: Lesson, shown: Shown, number: int, *, has_answered: bool) -> dict[str, Any]:
    """Return all that a phone shows of a lesson step, as JSON data. Its texts are safe HTML.

    Args:
        lesson: the lesson of the room.
        shown: the state of the room.
        number: the step, from 1.
        has_answered: whether the owner of the phone has answered the question of this step. In a
            free room, a member who has answered sees the lesson's answer.
    """
    step, state = lesson.steps[number - 1], shown.state
    of_question = state.questions[number - 1]
    is_free, is_revealed = state.mode == "free", of_question == "revealed"
    asks = step.question is not None and (is_free or of_question != "waiting")
    may_know = is_revealed or (is_free and (has_answered or step.question is None))
    result = shown.tallies.get(number) if is_revealed else None
    return {
        "lesson": lesson.title,
        "mode": state.mode,
        "ended": state.ended,
        "number": number,
        "steps": len(lesson.steps),
        "title": step.title,
        "task": printed_markdown(step.task),
        "page": _page(step),
        "hasQuestion": step.question is not None,
        "state": of_question,
        "accepts": asks and state.accepts(number),
        "question": _question(step, step.question) if asks else None,
        "right": _right(step.question) if may_know else [],
        "result": None if result is None else _result(result),
        "answer": printed_markdown(step.answer) if may_know else "",
        "trains": number in shown.training and not state.ended,
        "run": None if state.live is None else asdict(state.live),
    }


def _page(step: Step) -> str:
    """Return the address of the step's page, relative to the app, in the caller's language.

    The address names no room. It is "" if the step only shows the home page.
    """
    not_of_step = (ROOM, ROOM_STEP, LANGUAGE)
    parameters = tuple(pair for pair in step.parameters if pair[0] not in not_of_step)
    if step.page == HOME and not parameters:
        return ""
    in_language = language_parameter(current_language()).items()
    return relative_link(step.page, (*parameters, *in_language))


def _question(step: Step, question: Question | None) -> dict[str, Any] | None:
    if question is None:
        return None
    text = printed_markdown(question.text)
    if isinstance(question, ChoiceQuestion):
        choices = [printed_line(choice) for choice in question.choices]
        return {"text": text, "choices": choices, "several": question.takes_several}
    return {"text": text, "axes": asdict(sketch_axes(step))}


def _right(question: Question | None) -> list[int]:
    return list(question.right) if isinstance(question, ChoiceQuestion) else []


def _result(tally: Tally) -> dict[str, Any]:
    band = tally.band
    return {
        "answered": tally.answered,
        "counts": list(tally.counts),
        "band": None if band is None else _band(band),
    }


def _band(band: UsualBand) -> dict[str, list[float]]:
    """Return the curves of a band as lists, rounded to hundredths for the picture."""
    curves = {"steps": band.steps, "low": band.low, "median": band.median, "high": band.high}
    return {name: [round(float(value), 2) for value in curve] for name, curve in curves.items()}
