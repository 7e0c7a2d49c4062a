"""Stores a student's progress in a lesson: the answers, and the page as the student left it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pglab.classroom.checks import LessonError, whole_number_of
from pglab.classroom.lesson import ChoiceQuestion, Lesson, Question, SketchQuestion
from pglab.classroom.place import Parameters, checked_parameters
from pglab.language import _
from pglab.library.store.library import Library

MOST_POINTS = 200  # of a sketch
_LARGEST = 1e9  # of each coordinate


@dataclass(frozen=True)
class ChoiceAnswer:
    """The sorted indices of the choices that a student has selected."""

    chosen: tuple[int, ...]


@dataclass(frozen=True)
class SketchAnswer:
    """The points of a sketched curve: environment steps and returns."""

    points: tuple[tuple[float, float], ...]


Answer = ChoiceAnswer | SketchAnswer


@dataclass(frozen=True)
class StepProgress:
    """The stored progress in one step of a lesson."""

    answer: Answer | None = None  # None: not answered yet
    parameters: Parameters | None = None  # of the page as the student left it; None: not visited


@dataclass(frozen=True)
class Progress:
    """The stored progress in a lesson."""

    step: int  # the current step, from 1
    steps: tuple[StepProgress, ...]  # as many as the lesson has


def fresh_progress(lesson: Lesson) -> Progress:
    """Return the progress at the beginning of a lesson."""
    return Progress(1, tuple(StepProgress() for _step in lesson.steps))


def checked_answer(answer: object, question: Question | None) -> Answer:
    """Check that the answer fits the question, and return the answer.

    Raises:
        LessonError: the answer does not fit the question.
    """
    match question, answer:
        case ChoiceQuestion(), ChoiceAnswer(chosen=chosen):
            last = len(question.choices) - 1
            for index in chosen:
                whole_number_of(_("The number of a choice"), index, 0, last)
            return ChoiceAnswer(tuple(sorted(set(chosen))))
        case SketchQuestion(), SketchAnswer(points=points):
            if 2 <= len(points) <= MOST_POINTS and all(map(_is_point, points)):
                return SketchAnswer(tuple((float(x), float(y)) for x, y in points))
    raise LessonError(_("The answer does not fit the question. Answer again."))


def save_progress(
    library: Library, owner: str, identity: str, lesson: Lesson, progress: Progress
) -> None:
    """Store the progress of an owner in a lesson; `identity` comes from `opening.identity_of`.

    Raises:
        LessonError: an answer does not fit its question, or parameters cannot be used.
        LibraryUnavailable: the library cannot be used now.
    """
    library.save_progress(owner, identity, _written(lesson, progress))


def load_progress(library: Library, owner: str, identity: str, lesson: Lesson) -> Progress:
    """Load the progress of an owner in a lesson.

    Damaged parts are left out. Parts that do not fit the lesson are also left out, because the
    author may have changed the lesson.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    return read_progress(library.load_progress(owner, identity), lesson)


# --- Writing and reading


def _written(lesson: Lesson, progress: Progress) -> str:
    """Write the progress as JSON."""
    steps = [
        {
            "answer": None
            if kept.answer is None
            else answer_facts(checked_answer(kept.answer, step.question)),
            "parameters": None if kept.parameters is None else checked_parameters(kept.parameters),
        }
        for step, kept in zip(lesson.steps, progress.steps, strict=True)
    ]
    return json.dumps({"step": progress.step, "steps": steps})


def answer_facts(answer: Answer) -> dict[str, Any]:
    """Convert an answer to values that JSON can hold."""
    if isinstance(answer, ChoiceAnswer):
        return {"chosen": answer.chosen}
    return {"points": answer.points}


def read_progress(text: str | None, lesson: Lesson) -> Progress:
    """Read the progress in a lesson from JSON, and leave out what cannot be used."""
    try:
        facts = json.loads(text or "null")
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        return fresh_progress(lesson)
    kept, current = _list(facts.get("steps")), facts.get("step")
    kept = (kept + [None] * len(lesson.steps))[: len(lesson.steps)]
    return Progress(
        current if type(current) is int and 1 <= current <= len(lesson.steps) else 1,
        tuple(_step(facts, step.question) for facts, step in zip(kept, lesson.steps, strict=True)),
    )


def _step(facts: object, question: Question | None) -> StepProgress:
    if not isinstance(facts, dict):
        return StepProgress()
    return StepProgress(
        read_answer(facts.get("answer"), question), _parameters(facts.get("parameters"))
    )


def read_answer(facts: object, question: Question | None) -> Answer | None:
    """Read an answer that `answer_facts` has written; None if it does not fit the question."""
    if not isinstance(facts, dict):
        return None
    answer: Answer
    if "chosen" in facts:
        answer = ChoiceAnswer(tuple(_list(facts["chosen"])))
    else:
        answer = SketchAnswer(tuple(tuple(_list(point)) for point in _list(facts.get("points"))))
    try:
        return checked_answer(answer, question)
    except LessonError:
        return None


def _parameters(facts: object) -> Parameters | None:
    if not isinstance(facts, list):
        return None
    try:
        return checked_parameters(tuple(tuple(_list(pair)) for pair in facts))
    except LessonError:
        return None


def _is_point(point: tuple[object, ...]) -> bool:
    return len(point) == 2 and all(map(_is_coordinate, point))


def _is_coordinate(value: object) -> bool:
    """True for a number that is not too large; NaN does not count as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -_LARGEST <= value <= _LARGEST


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
