"""Makes the changes of a teacher, who has the room's secret key.

All state is in the database. A change names the version that the teacher's window shows. So a late
click in one window does not undo a change from another window.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from pglab.classroom.lesson import Lesson
from pglab.classroom.room.codes import DOOR_SECONDS
from pglab.classroom.room.opening import NoSuchRoom, room_of_key
from pglab.classroom.room.state import (
    Mode,
    QuestionState,
    RoomError,
    RoomState,
    state_of,
    written_questions,
)
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.rooms import members, rooms
from pglab.library.store.rooms.rooms import RoomRow


def go_to_step(library: Library, key: str, version: int, step: int) -> RoomState:
    """Go to a lesson step. A paced room also moves all members and closes an open question.

    The phones no longer show a run of the teacher, because the run belonged to the previous step.

    This function and the next ones make a change of the teacher, and return the new state.

    Args:
        library: the library that stores the room.
        key: the teacher's key.
        version: the version of the state that the teacher sees.
        step: the lesson step, from 1.

    Raises:
        RoomError: there is no such room or step, the room has ended, or another window has changed
            the room since this version.
        LibraryUnavailable: the library cannot be used now.
    """
    return change_room(library, key, version, lambda state, _lesson: state.at_step(step))


def set_mode(library: Library, key: str, version: int, mode: Mode) -> RoomState:
    """Let the teacher move the class ("paced"), or let each member move alone ("free")."""
    return change_room(library, key, version, lambda state, _lesson: state.in_mode(mode))


def open_question(library: Library, key: str, version: int) -> RoomState:
    """Let members answer the question of the step that the room shows."""
    return _set_question(library, key, version, "open")


def close_question(library: Library, key: str, version: int) -> RoomState:
    """Stop accepting answers to the question of the step that the room shows."""
    return _set_question(library, key, version, "closed")


def reveal_answers(library: Library, key: str, version: int) -> RoomState:
    """Show how the class has answered the question of the step that the room shows."""
    return _set_question(library, key, version, "revealed")


def show_names(library: Library, key: str, version: int, shown: bool) -> RoomState:
    """Show nicknames on the projector and in exports, or hide them."""
    return change_room(library, key, version, lambda state, _lesson: state.with_names(shown))


def let_join(library: Library, key: str, version: int) -> RoomState:
    """Let the short code open the room for another `DOOR_SECONDS` from now."""

    def open_door(state: RoomState, _lesson: Lesson) -> RoomState:
        state.require_open()
        return state

    def times(now: float) -> dict[str, float]:
        return {"door_from": now, "door_until": now + DOOR_SECONDS}

    return change_room(library, key, version, open_door, times)


def hide_run(library: Library, key: str, version: int) -> RoomState:
    """Stop showing a run on the phones; see `live.py`."""
    return change_room(library, key, version, lambda state, _lesson: state.without_run())


def end_room(library: Library, key: str, version: int) -> RoomState:
    """End the room, so that nobody can join or answer. Its data stay until the room expires."""
    return change_room(
        library, key, version, lambda state, _lesson: state.at_end(), lambda now: {"ended": now}
    )


Change = Callable[[RoomState, Lesson], RoomState]
Part = Callable[[Connection, RoomRow], None]  # a further part of the transaction


def change_room(
    library: Library,
    key: str,
    version: int,
    change: Change,
    columns: Callable[[float], dict[str, float]] = lambda _now: {},
    part: Part | None = None,
) -> RoomState:
    """Make a change of the teacher, and return the new state; see `go_to_step`.

    Args:
        library: the library that stores the room.
        key: the teacher's key.
        version: the version of the state that the teacher sees.
        change: a function of the present state and the lesson; it returns the new state.
        columns: a function of the present time; it returns new values of other columns of the room.
        part: a function that makes another change in the same transaction.
    """
    lesson = room_of_key(library, key).lesson

    def work(connection: Connection) -> RoomState:
        now = time.time()
        row = rooms.load_by_key(connection, key, now, to_change=True)
        if row is None:
            raise NoSuchRoom
        before = state_of(row)
        after = change(before, lesson)
        others = columns(now)
        if after == before and not others and part is None:
            return before  # another window has done the same
        if version != row.version and (after != before or part is not None):
            raise RoomError(
                _("Another window has changed the room. Look at its state, then choose again.")
            )
        if part is not None:
            part(connection, row)
        if after.mode == "paced" and (after.mode, after.step) != (before.mode, before.step):
            members.move_all(connection, row.room, after.step)
        values: dict[str, Any] = {"mode": after.mode, "step": after.step, "names": after.names}
        values |= {"questions": written_questions(after), **others}
        if after.live is None:
            values |= {"live_name": "", "live_title": ""}
        rooms.change(connection, row, values)
        return replace(after, version=row.version + 1)

    return library.write(work)


def _set_question(library: Library, key: str, version: int, state: QuestionState) -> RoomState:
    return change_room(
        library, key, version, lambda before, lesson: before.with_question(state, lesson)
    )
