"""Converts answers to and from JSON. Equal answers give equal texts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pglab.classroom.lesson import Lesson, Question
from pglab.classroom.progress import Answer, answer_facts, read_answer


def written_answer(answer: Answer) -> str:
    """Write a checked answer as JSON."""
    return json.dumps(answer_facts(answer))


def stored_answer(text: str, question: Question | None) -> Answer | None:
    """Read the answer in a stored text; return None if it does not fit the question."""
    try:
        return read_answer(json.loads(text), question)
    except (ValueError, RecursionError):
        return None


def answers_of(texts: Mapping[int, str], lesson: Lesson) -> dict[int, Answer]:
    """Read stored answers by lesson steps; leave out answers that do not fit the lesson."""
    read = {
        step: stored_answer(text, lesson.steps[step - 1].question)
        for step, text in texts.items()
        if 1 <= step <= len(lesson.steps)
    }
    return {step: answer for step, answer in read.items() if answer is not None}
