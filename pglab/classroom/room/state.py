"""The present state of a room, and the changes that the teacher can make."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import Lesson
from pglab.language import N_, _
from pglab.library.cleaned_text import cleaned_line
from pglab.library.store.rooms.rooms import RoomRow

Mode = Literal["paced", "free"]  # the teacher moves the class, or each member moves alone
QuestionState = Literal["waiting", "open", "closed", "revealed"]
MOST_IN_RUN_TITLE = 60  # characters
_RUN_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")

# From which states the teacher may bring a question into a state, and why not from others.
_BEFORE: dict[QuestionState, tuple[QuestionState, ...]] = {
    "waiting": (),
    "open": ("waiting", "closed"),
    "closed": ("open",),
    "revealed": ("closed",),
}
_WHY_NOT: dict[tuple[QuestionState, QuestionState], str] = {
    ("revealed", "open"): N_("The answers are revealed, so this question cannot be opened again."),
    ("waiting", "closed"): N_("The question is not open, so it cannot be closed. Open it first."),
    ("revealed", "closed"): N_("The question is closed already, and its answers are revealed."),
    ("waiting", "revealed"): N_("Nobody has been asked this question yet. Open it first."),
    ("open", "revealed"): N_("The question is still open. Close it, then reveal the answers."),
}


class RoomError(LessonError):
    """A room cannot do what was asked; the message is a sentence that says what to change."""


@dataclass(frozen=True)
class LiveRun:
    """A run of the teacher that all phones show.

    Raises:
        RoomError: the name or the title cannot be used.
    """

    name: str  # with which others watch the run
    title: str  # one clean line

    def __post_init__(self) -> None:
        is_clean = self.title == cleaned_line(self.title, MOST_IN_RUN_TITLE) != ""
        if not (is_clean and _RUN_NAME.fullmatch(self.name)):
            raise RoomError(_("This run cannot be shown. Load its page again."))


@dataclass(frozen=True)
class RoomState:
    """The present state of a room. The version grows with each change that the teacher makes."""

    mode: Mode
    step: int  # the lesson step that the room shows, from 1
    questions: tuple[QuestionState, ...]  # one for each step of the lesson
    names: bool = False  # whether nicknames are shown
    ended: bool = False
    version: int = 1
    live: LiveRun | None = None  # the run that all phones show

    @property
    def question(self) -> QuestionState:
        """The state of the shown step's question, for example "open"."""
        return self.questions[self.step - 1]

    def accepts(self, step: int) -> bool:
        """True if members may answer the question of this lesson step now.

        In a paced room, members may answer the question of the shown step while it is open. In a
        free room, members may answer each question that the teacher has not closed.
        """
        if self.ended or not 1 <= step <= len(self.questions):
            return False
        if self.mode == "free":
            return self.questions[step - 1] in ("waiting", "open")
        return step == self.step and self.question == "open"

    def at_step(self, step: int) -> Self:
        """Return the state after the teacher has gone to a lesson step.

        If the step changes, a paced room closes its open question. In both modes, the phones then
        no longer show a run of the teacher.

        Raises:
            RoomError: there is no such step, or the room has ended.
        """
        self.require_open()
        if type(step) is not int or not 1 <= step <= len(self.questions):
            raise RoomError(
                _("The lesson has {n} steps. Choose one of them.").format(n=len(self.questions))
            )
        is_left = self.mode == "paced" and step != self.step and self.question == "open"
        left = self._with_question("closed") if is_left else self
        return replace(left, step=step, live=self.live if step == self.step else None)

    def in_mode(self, mode: Mode) -> Self:
        """Return the state after the teacher has chosen a mode.

        Raises:
            RoomError: there is no such mode, or the room has ended.
        """
        self.require_open()
        if mode not in get_args(Mode):
            raise RoomError(_("A room is paced by the teacher, or free. Choose one of these."))
        return replace(self, mode=mode)

    def with_question(self, state: QuestionState, lesson: Lesson) -> Self:
        """Return the state after the teacher has opened, closed or revealed the question.

        Raises:
            RoomError: the question cannot get this state now.
        """
        self.require_open()
        if lesson.steps[self.step - 1].question is None:
            raise RoomError(_("This step has no question. Go to a step with one."))
        if self.question == state:
            return self
        if self.question not in _BEFORE[state]:
            raise RoomError(_(_WHY_NOT[self.question, state]))
        return self._with_question(state)

    def with_names(self, shown: bool) -> Self:
        """Return the state after the teacher has chosen whether nicknames are shown."""
        return replace(self, names=shown)

    def without_run(self) -> Self:
        """Return the state after the teacher has stopped showing a run."""
        return replace(self, live=None)

    def at_end(self) -> Self:
        """Return the state after the teacher has ended the room."""
        return replace(self, ended=True, live=None)

    def require_open(self) -> None:
        """Raise a RoomError if the room has ended."""
        if self.ended:
            raise RoomError(_("The room has ended. Open a new one."))

    def _with_question(self, state: QuestionState) -> Self:
        states = list(self.questions)
        states[self.step - 1] = state
        return replace(self, questions=tuple(states))


def first_state(lesson: Lesson) -> RoomState:
    """Return the state of a new room."""
    waiting: QuestionState = "waiting"
    return RoomState("paced", 1, (waiting,) * len(lesson.steps))


def state_of(row: RoomRow) -> RoomState:
    """Read the state of a stored room.

    Raises:
        RoomError: the stored state is damaged.
    """
    modes: dict[str, Mode] = {mode: mode for mode in get_args(Mode)}
    states: dict[str, QuestionState] = {state: state for state in _BEFORE}
    try:
        questions = tuple(states[state] for state in json.loads(row.questions))
        live = LiveRun(row.live_name, row.live_title) if row.live_name else None
        state = RoomState(modes[row.mode], row.step, questions, row.names, live=live)
        return replace(state.at_step(row.step), ended=row.ended is not None, version=row.version)
    except (LookupError, ValueError, TypeError, RecursionError) as error:
        raise RoomError(damaged_room()) from error


def damaged_room() -> str:
    """Return the sentence about a stored room that cannot be read."""
    return _("The stored room is damaged. Open a new one.")


def written_questions(state: RoomState) -> str:
    """Write the states of all questions as JSON, which `state_of` can read."""
    return json.dumps(state.questions)
