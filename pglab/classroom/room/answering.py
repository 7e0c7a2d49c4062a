"""Stores the answers of members; each member can give one answer in each lesson step."""

from __future__ import annotations

import time

from pglab.classroom.progress import Answer, checked_answer
from pglab.classroom.room.answer_facts import written_answer
from pglab.classroom.room.membership import Member
from pglab.classroom.room.opening import NoSuchRoom, lesson_of
from pglab.classroom.room.state import RoomError, state_of
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.rooms import answers


def give_answer(library: Library, member: Member, step: int, answer: Answer) -> bool:
    """Store the answer of a member in a lesson step.

    Returns:
        True if the answer was stored now; False if the same answer was stored already, for example
        because the phone has lost the connection and sends the answer again.

    Raises:
        LessonError: the answer does not fit the question.
        RoomError: the question is closed, another answer of this member is stored, or the room does
            not exist any more.
        LibraryUnavailable: the library cannot be used now.
    """
    lesson = lesson_of(library, member.room)
    question = lesson.steps[step - 1].question if 1 <= step <= len(lesson.steps) else None
    text = written_answer(checked_answer(answer, question))
    outcome = library.write(
        lambda connection: answers.save(
            connection,
            member.room,
            member.number,
            step,
            text,
            lambda row: state_of(row).accepts(step),
            time.time(),
        )
    )
    if outcome == "no room":
        raise NoSuchRoom
    if outcome == "closed":
        raise RoomError(_("The question is closed, so your answer was not taken."))
    if outcome == "another":
        raise RoomError(_("You have answered already. Your first answer counts."))
    return outcome == "stored"
