"""Converts answers to and from JSON. Equal answers are equal texts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pglab.classroom.lesson import Lesson, Question
from pglab.classroom.progress import Answer, answer_facts, read_answer


def written_answer(answer: Answer) -> str:
    """A checked answer as JSON."""
    return json.dumps(answer_facts(answer))


def stored_answer(text: str, question: Question | None) -> Answer | None:
    """The answer in a stored text; None if it does not fit the question."""
    try:
        return read_answer(json.loads(text), question)
    except (ValueError, RecursionError):
        return None


def answers_of(texts: Mapping[int, str], lesson: Lesson) -> dict[int, Answer]:
    """The stored answers by lesson steps; what does not fit the lesson is left out."""
    read = {
        step: stored_answer(text, lesson.steps[step - 1].question)
        for step, text in texts.items()
        if 1 <= step <= len(lesson.steps)
    }
    return {step: answer for step, answer in read.items() if answer is not None}
