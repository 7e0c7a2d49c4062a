"""What a teacher changes, from two windows, with and without the key."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from pglab.classroom.room.opening import delete_room, load_room, room_of_key
from pglab.classroom.room.state import QuestionState, RoomError, RoomState, first_state
from pglab.classroom.room.steering import (
    close_question,
    end_room,
    go_to_step,
    let_join,
    open_question,
    reveal_answers,
    set_mode,
    show_names,
)
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import new_key
from tests.classroom.hostile import TEXTS
from tests.classroom.room.rooms import ADA, LESSON, opened, state, version

STATES: tuple[QuestionState, ...] = get_args(QuestionState)
POSSIBLE = {
    ("waiting", "open"),
    ("open", "closed"),
    ("closed", "open"),
    ("closed", "revealed"),
    *((same, same) for same in STATES),
}


@pytest.mark.parametrize(("before", "after"), [*itertools.product(STATES, STATES)])
def test_a_question_goes_through_its_states(before: QuestionState, after: QuestionState) -> None:
    begun = first_state(LESSON)._with_question(before)
    if (before, after) in POSSIBLE:
        assert begun.with_question(after, LESSON).question == after
    elif after != "waiting":  # nobody can ask for this
        with pytest.raises(RoomError, match=r"\.$"):
            begun.with_question(after, LESSON)


def test_what_members_may_answer() -> None:
    paced = first_state(LESSON)
    assert not any(paced.accepts(step) for step in range(-1, 5))
    one_open = paced.with_question("open", LESSON)
    assert [step for step in range(-1, 5) if one_open.accepts(step)] == [1]
    free = one_open.with_question("closed", LESSON).in_mode("free")
    assert [step for step in range(-1, 5) if free.accepts(step)] == [2, 3]
    assert not any(one_open.at_end().accepts(step) for step in range(5))


def set_to_free(library: Library, key: str, version: int) -> RoomState:
    return set_mode(library, key, version, "free")


def test_a_teacher_leads_a_room_to_its_end(library: Library) -> None:
    room = opened(library)
    open_question(library, room.key, 1)
    close_question(library, room.key, 2)
    assert reveal_answers(library, room.key, 3).question == "revealed"
    assert go_to_step(library, room.key, 4, 2).question == "waiting"
    open_question(library, room.key, 5)
    # An open question is closed when the class leaves it, and can be opened again later.
    assert go_to_step(library, room.key, 6, 3).questions == ("revealed", "closed", "waiting")
    show_names(library, room.key, 7, True)
    ended = end_room(library, room.key, 8)
    assert ended == state(library, room)
    assert (ended.ended, ended.names, ended.step, ended.version) == (True, True, 3, 9)
    assert load_room(library, room.room) == room_of_key(library, room.key)
    for change in (set_to_free, open_question, let_join):
        with pytest.raises(RoomError, match="The room has ended"):
            change(library, room.key, 9)


def test_what_is_not_possible_changes_nothing(file: Library) -> None:
    room = opened(file)
    attempts: list[tuple[Callable[[], object], str]] = [
        (lambda: close_question(file, room.key, 1), "The question is not open"),
        (lambda: reveal_answers(file, room.key, 1), "Nobody has been asked"),
        (lambda: go_to_step(file, room.key, 1, 0), "The lesson has 3 steps"),
        (lambda: go_to_step(file, room.key, 1, 4), "The lesson has 3 steps"),
        (lambda: go_to_step(file, room.key, 1, True), "The lesson has 3 steps"),
        (lambda: set_mode(file, room.key, 1, "fast"), "paced by the teacher, or free"),  # type: ignore[arg-type]
    ]
    for attempt, sentence in attempts:
        with pytest.raises(RoomError, match=sentence):
            attempt()
    assert state(file, room) == first_state(LESSON)
    go_to_step(file, room.key, 1, 3)
    with pytest.raises(RoomError, match="This step has no question"):
        open_question(file, room.key, 2)


def test_two_windows_of_a_teacher_agree(library: Library) -> None:
    room = opened(library)
    open_question(library, room.key, 1)  # in one window; the other one still shows version 1
    with pytest.raises(RoomError, match="Another window has changed the room"):
        go_to_step(library, room.key, 1, 2)
    # Both windows want the same: the second click changes nothing.
    assert open_question(library, room.key, 1) == state(library, room)
    assert (state(library, room).question, version(library, room)) == ("open", 2)


def test_only_the_key_steers_a_room(file: Library) -> None:
    room = opened(file)
    for wrong in (*TEXTS, "", new_key(), room.room, room.full_code):
        for attempt in (
            lambda wrong=wrong: room_of_key(file, wrong),
            lambda wrong=wrong: end_room(file, wrong, 1),
            lambda wrong=wrong: delete_room(file, wrong),
            lambda wrong=wrong: load_room(file, wrong + "x"),
        ):
            with pytest.raises(RoomError, match="This room does not exist any more"):
                attempt()
    assert not state(file, room).ended


def test_the_database_contains_no_key(file: Library, tmp_path: Path) -> None:
    room = opened(file)
    file.close()
    stored = b"".join(part.read_bytes() for part in tmp_path.iterdir())
    assert room.code.encode() in stored
    assert room.key.encode() not in stored
    assert ADA.encode() not in stored


def test_a_room_survives_a_restart(url: str) -> None:
    with closing(open_library(url)) as library:
        room = opened(library)
        open_question(library, room.key, 1)
        before = room_of_key(library, room.key)
    with closing(open_library(url)) as library:
        assert room_of_key(library, room.key) == before
        assert before.lesson == LESSON
        assert close_question(library, room.key, 2).question == "closed"


@pytest.mark.parametrize(
    "damage", ["mode = 'x'", "step = 4", "questions = '['", "questions = '[\"x\"]'"]
)
def test_a_damaged_room_is_a_sentence(file: Library, damage: str) -> None:
    room = opened(file)
    with file._writing.begin() as connection:
        connection.exec_driver_sql(f"UPDATE pglab_rooms SET {damage}")
    with pytest.raises(RoomError, match="The stored room is damaged"):
        load_room(file, room.room)
