"""A lesson: steps that open pages of the app, each with a task and perhaps a question.

All classes check their fields, so every instance is valid. They remove characters that cannot be
shown, and empty lines around texts. The texts are Markdown from unknown people, and `safe_text`
makes them harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pglab.classroom.checks import LessonError, line_of, text_of, whole_number_of
from pglab.classroom.place import Parameters, address_of, checked_page, checked_parameters
from pglab.language import _

MOST_IN_TITLE = 120  # characters
MOST_IN_TEXT = 4_000
MOST_IN_CHOICE = 300
MOST_IN_LESSON = 60_000  # of all texts together
MOST_STEPS = 30
MOST_CHOICES = 12
MOST_MINUTES = 600
RETURN = "return"
SKETCHES = (RETURN,)  # what a student can sketch: the mean return over environment steps


@dataclass(frozen=True)
class ChoiceQuestion:
    """A question with at least two choices.

    Raises:
        LessonError: a text or the number of choices cannot be used, or two choices are the same.
    """

    text: str
    choices: tuple[str, ...]
    right: tuple[int, ...] = ()  # the indices of the choices that are right, in order

    def __post_init__(self) -> None:
        choices, right = _tuple(self.choices), _tuple(self.right)
        if not 2 <= len(choices) <= MOST_CHOICES:
            raise LessonError(
                _("A question needs 2 to {n} choices. Add or remove choices.").format(
                    n=MOST_CHOICES
                )
            )
        lines = tuple(line_of(_("A choice"), choice, MOST_IN_CHOICE) for choice in choices)
        if len(set(lines)) < len(lines):
            raise LessonError(_("Two choices are the same. Change one of them."))
        for index in right:
            whole_number_of(_("The number of a right choice"), index, 0, len(lines) - 1)
        _set(self, text=_question(self.text), choices=lines, right=tuple(sorted(set(right))))

    @property
    def takes_several(self) -> bool:
        """True if an answer may consist of several choices."""
        return len(self.right) > 1


@dataclass(frozen=True)
class SketchQuestion:
    """A question that the student answers with a curve.

    Raises:
        LessonError: the text cannot be used, or `of` is not one of `SKETCHES`.
    """

    text: str
    of: str = RETURN  # one of `SKETCHES`

    def __post_init__(self) -> None:
        if self.of not in SKETCHES:
            raise LessonError(
                _("A question can ask for a sketch of: {sketches}.").format(
                    sketches=", ".join(SKETCHES)
                )
            )
        _set(self, text=_question(self.text))


Question = ChoiceQuestion | SketchQuestion


@dataclass(frozen=True)
class Step:
    """A step of a lesson; the step opens one page of the app.

    Raises:
        LessonError: a field cannot be used.
    """

    title: str
    page: str  # one of `place.PAGES`
    parameters: Parameters = ()  # of the page's address, without the place in the lesson
    minutes: int | None = None
    task: str = ""
    question: Question | None = None
    answer: str = ""  # appears after the student has answered
    notes: str = ""  # for the lecturer

    def __post_init__(self) -> None:
        if not isinstance(self.question, ChoiceQuestion | SketchQuestion | None):
            raise LessonError(_("The question must be a question with choices or a sketch."))
        _set(
            self,
            title=line_of(_("The title of the step"), self.title, MOST_IN_TITLE),
            page=checked_page(self.page),
            parameters=checked_parameters(self.parameters),
            minutes=_minutes(self.minutes),
            task=text_of(_("The task"), self.task, MOST_IN_TEXT),
            answer=text_of(_("The answer"), self.answer, MOST_IN_TEXT),
            notes=text_of(_("The text of the notes"), self.notes, MOST_IN_TEXT),
        )

    @property
    def address(self) -> str:
        """The address that the step opens, for example "reinforce?gamma=0.9"."""
        return address_of(self.page, self.parameters)


@dataclass(frozen=True)
class Lesson:
    """A lesson with one or more steps.

    Raises:
        LessonError: a field cannot be used, or the lesson is too long.
    """

    title: str
    steps: tuple[Step, ...]
    minutes: int | None = None
    introduction: str = ""  # for the lecturer: aims, what to prepare

    def __post_init__(self) -> None:
        steps = _tuple(self.steps)
        if not steps or not all(isinstance(step, Step) for step in steps):
            raise LessonError(_("A lesson needs at least one step. Add a step."))
        if len(steps) > MOST_STEPS:
            raise LessonError(
                _("The lesson has {n} steps, but {most} are possible. Remove some.").format(
                    n=len(steps), most=MOST_STEPS
                )
            )
        _set(
            self,
            title=line_of(_("The title of the lesson"), self.title, MOST_IN_TITLE),
            steps=steps,
            minutes=_minutes(self.minutes),
            introduction=text_of(_("The introduction"), self.introduction, MOST_IN_TEXT),
        )
        length = len(self.introduction) + sum(map(_length, steps))
        if length > MOST_IN_LESSON:
            raise LessonError(
                _("The lesson has {n:,} characters, but {most:,} are possible. Shorten it.").format(
                    n=length, most=MOST_IN_LESSON
                )
            )


def _length(step: Step) -> int:
    """Count the characters in the texts and the address of a step."""
    question = step.question
    choices = question.choices if isinstance(question, ChoiceQuestion) else ()
    asked = "" if question is None else question.text
    texts = step.title, step.address, step.task, step.answer, step.notes, asked, *choices
    return sum(map(len, texts))


def _question(text: object) -> str:
    label = _("The text of the question")
    line_of(label, text, MOST_IN_TEXT)  # the text must not be empty
    return text_of(label, text, MOST_IN_TEXT)


def _minutes(minutes: object) -> int | None:
    label = _("The number of minutes")
    return None if minutes is None else whole_number_of(label, minutes, 1, MOST_MINUTES)


def _tuple(values: object) -> tuple[Any, ...]:
    """Return the values as a tuple if they are a tuple or a list; otherwise, an empty tuple."""
    return tuple(values) if isinstance(values, tuple | list) else ()


def _set(checked: object, **fields: object) -> None:
    """Set fields of a frozen instance; only `__post_init__` calls this."""
    for name, value in fields.items():
        object.__setattr__(checked, name, value)
