"""The lesson that a visitor takes, and the visitor's place in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import streamlit as st

from pglab.classroom.lesson import ChoiceQuestion, Lesson, Step
from pglab.classroom.opening import identity_of, open_lesson
from pglab.classroom.place import LESSON, LESSON_STEP, Parameters
from pglab.classroom.progress import (
    Answer,
    ChoiceAnswer,
    Progress,
    StepProgress,
    checked_answer,
    fresh_progress,
    load_progress,
    save_progress,
)
from pglab.library.keeping.saver import shared_library
from pglab.ui.shell.menu import HIDE
from pglab.ui.shell.owner import owner
from pglab.ui.shell.visibility import LOCK

_VISIT = "lesson.visit"


@dataclass
class LessonVisit:
    """A lesson during one visit.

    `named` is the link parameter that names the lesson. `progress` says what the visitor has done;
    it counts steps from 1.
    """

    named: str
    lesson: Lesson
    progress: Progress
    changed: float = field(default_factory=time.monotonic)  # when the visitor came to the step
    must_open: bool = False  # whether the next script run opens the page of the step
    finished: bool = False  # whether the next script run ends the lesson
    restricted: float = 0.0  # the value of `changed` when the lesson last restricted the page

    @property
    def identity(self) -> str:
        """A short text that names the lesson in keys."""
        return identity_of(self.named)

    @property
    def number(self) -> int:
        """The number of the current step, from 1."""
        return self.progress.step

    @property
    def step(self) -> Step:
        """The current step."""
        return self.lesson.steps[self.number - 1]

    @property
    def answer(self) -> Answer | None:
        """The visitor's answer to the question of the current step, or None before the answer."""
        return self._here.answer

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the link that opens the current step.

        If the visitor has left this step before, the parameters are those of the page at that time.
        Otherwise, the parameters are those of the lesson. The lesson always decides what the step
        hides and locks.
        """
        left = self._here.parameters
        mine = dict(self.step.parameters if left is None else left)
        restrictions = {n: text for n, text in self.step.parameters if n in (HIDE, LOCK)}
        others = {n: text for n, text in mine.items() if n not in (HIDE, LOCK)}
        return {**others, **restrictions, **self.place}

    @property
    def place(self) -> dict[str, str]:
        """The parameters that name the lesson and the step."""
        return {LESSON: self.named, LESSON_STEP: str(self.number)}

    @property
    def right_answers(self) -> tuple[int, int, int, int]:
        """Four counts: questions, answers, right answers, and questions that have right choices."""
        pairs = [
            (step.question, kept.answer)
            for step, kept in zip(self.lesson.steps, self.progress.steps, strict=True)
            if step.question is not None
        ]
        right = sum(
            isinstance(asked, ChoiceQuestion)
            and isinstance(answer, ChoiceAnswer)
            and bool(asked.right)
            and answer.chosen == asked.right
            for asked, answer in pairs
        )
        answered = sum(answer is not None for _asked, answer in pairs)
        graded = sum(isinstance(q, ChoiceQuestion) and bool(q.right) for q, _answer in pairs)
        return len(pairs), answered, right, graded

    def leave_step(self, parameters: Parameters | None) -> None:
        """Remember the page's parameters when the visitor leaves the step; None removes them."""
        self._change_step(parameters=parameters)

    def go_to(self, number: int) -> None:
        """Make another step the current one, and save the progress."""
        self.progress = replace(self.progress, step=number)
        self.changed = time.monotonic()
        self._save()

    def give(self, answer: Answer) -> None:
        """Answer the question of the current step, and save the answer.

        Raises:
            LessonError: the answer does not fit the question.
        """
        self._change_step(answer=checked_answer(answer, self.step.question))
        self._save()

    @property
    def _here(self) -> StepProgress:
        return self.progress.steps[self.number - 1]

    def _change_step(self, **changes: object) -> None:
        steps = list(self.progress.steps)
        steps[self.number - 1] = replace(self._here, **changes)  # type: ignore[arg-type]
        self.progress = replace(self.progress, steps=tuple(steps))

    def _save(self) -> None:
        shared_library().use(
            lambda library: save_progress(
                library, owner(), self.identity, self.lesson, self.progress
            )
        )


def present_visit() -> LessonVisit | None:
    """Return the lesson that the visitor takes now, or None if there is no lesson."""
    visit: LessonVisit | None = st.session_state.get(_VISIT)
    return visit


def begin(named: str) -> LessonVisit:
    """Open a lesson, at the step where the visitor was last.

    Raises:
        LessonError: there is no such lesson, or it cannot be used.
        LibraryUnavailable: the library cannot be used now.
    """
    lesson = open_lesson(named, shared_library().get())
    visit = LessonVisit(named, lesson, progress_in(named, lesson))
    st.session_state[_VISIT] = visit
    return visit


def progress_in(named: str, lesson: Lesson) -> Progress:
    """Return what the visitor has done in a lesson so far, as far as the library knows."""
    identity = identity_of(named)
    kept = shared_library().use(lambda library: load_progress(library, owner(), identity, lesson))
    return kept or fresh_progress(lesson)


def end() -> None:
    """Leave the lesson; its progress stays in the library."""
    st.session_state.pop(_VISIT, None)
