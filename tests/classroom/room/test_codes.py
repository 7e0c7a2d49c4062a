"""Codes: what people type, and what guessing finds."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import Engine, event

from pglab.classroom.room import opening
from pglab.classroom.room.codes import (
    ALPHABET,
    ATTEMPTS,
    ATTEMPTS_OF_VISITOR,
    CODES,
    DOOR_SECONDS,
    FULL,
    MOST_CHANCE,
    SHORT,
    chance_of_guessing,
    random_code,
    read_code,
    shown_code,
)
from pglab.classroom.room.membership import join
from pglab.classroom.room.opening import OpenedRoom, load_room, short_code_works
from pglab.classroom.room.state import RoomError
from pglab.classroom.room.steering import end_room, let_join
from pglab.library.store.library import Library
from pglab.library.store.rooms import members
from pglab.library.store.rooms.guesses import Limits, may_try
from tests.classroom.hostile import TEXTS
from tests.classroom.room.rooms import ADA, BOB, opened, version

DAY = 86_400.0


def wrong_codes(room: OpenedRoom, *others: OpenedRoom) -> list[str]:
    """Some short codes that open none of these rooms."""
    right = {room.code, *(other.code for other in others)}
    made = [f"{first}{second}ACE" for first in ALPHABET for second in ALPHABET]
    return [code for code in made if code not in right]


def answer_to(library: Library, code: str, visitor: str = "10.0.0.1") -> str:
    """What the server answers to a code: "joined", or the sentence of the refusal."""
    try:
        join(library, code, visitor=visitor)
    except RoomError as error:
        return str(error)
    return "joined"


# --- Reading


def test_a_code_can_be_typed_in_many_ways() -> None:
    code = "K7M3P2XQ9RA4T"
    assert shown_code(code) == "K7M3P-2XQ9-RA4T"
    assert shown_code(code[:SHORT]) == "K7M3P"
    for typed in (shown_code(code), " k7m3p 2xq9 ra4t\n", "k7m3p–2xq9_ra4t"):
        assert read_code(typed) == code
    assert read_code("oil bs") == "01185"
    assert read_code("zuZU0") == "2V2V0"
    assert len(random_code()) == FULL
    assert read_code(random_code()) is not None


def test_what_is_no_code_is_refused(file: Library) -> None:
    for text in (*TEXTS, "", "K7M3", "K7M3P2", "K7M3!", "ßßßßß", "１２３４５", "\0" * 5):
        assert read_code(text) is None, text
        assert "Look at the wall" in answer_to(file, text)


# --- What guessing finds


@pytest.mark.parametrize("doors", range(1, 25))
def test_guessing_finds_a_room_with_less_than_the_promised_probability(doors: int) -> None:
    guesses = ATTEMPTS // doors
    missed = math.comb(CODES - doors, guesses) / math.comb(CODES, guesses)  # an exact quotient
    assert chance_of_guessing(doors, full_guesses=0) == pytest.approx(1 - missed, rel=1e-6)
    assert chance_of_guessing(doors, rooms=max(doors, 20)) < MOST_CHANCE


def test_the_limit_is_nearly_used() -> None:
    assert chance_of_guessing(1) > 0.8 * MOST_CHANCE
    assert (ATTEMPTS + 3) / CODES > MOST_CHANCE


def days_with_a_hit(days: int, limits: Limits, cost: Callable[[int], int]) -> float:
    """The share of days on which a guesser with many addresses opens one of the rooms."""
    random, hits = np.random.default_rng(1), 0
    for _day in range(days):
        used, tried = 0, iter(random.permutation(1_000))
        for _hour in range(24):
            doors = int(random.integers(1, 20))
            right = set(random.integers(0, 1_000, doors).tolist())
            while may_try(cost(doors), used, 0, limits) and random.random() < 0.9:
                hit = int(next(tried)) in right
                used = limits.attempts if hit else used + cost(doors)
                hits += hit
    return hits / days


def test_simulated_guessers_find_no_more_than_promised() -> None:
    limits = Limits(attempts=50, of_visitor=30)  # of 1,000 codes
    assert 0.03 < days_with_a_hit(1_500, limits, lambda doors: doors) < 0.05 + 0.017
    # If each guess took one attempt, however many rooms are open, the promise would be broken.
    assert days_with_a_hit(150, limits, lambda _doors: 1) > 0.2


def test_the_server_lets_so_many_wrong_codes_through(
    library: Library, later: Callable[[float], None]
) -> None:
    rooms = opened(library), opened(library, BOB)
    answers = [
        answer_to(library, code, f"visitor {number}")
        for number, code in enumerate(wrong_codes(*rooms)[: ATTEMPTS // 2 + 5])
    ]
    assert set(answers[: ATTEMPTS // 2]) == {answers[0]}
    assert "opens no room" in answers[0]
    assert {answer.split(".")[0] for answer in answers[ATTEMPTS // 2 :]} == {
        "Short codes do not work now"
    }
    # Now right short codes are refused too, so the wall shows the whole code; nobody is locked out.
    assert not works(library, rooms[0])
    assert answer_to(library, rooms[0].code, "new") == answers[-1]
    assert answer_to(library, shown_code(rooms[0].full_code), "new") == "joined"
    later(DAY + 1)
    again = opened(library)
    assert works(library, again)
    assert answer_to(library, again.code) == "joined"


def works(library: Library, room: OpenedRoom) -> bool:
    return short_code_works(library, load_room(library, room.room))


def test_one_visitor_alone_cannot_use_all_attempts(library: Library) -> None:
    room = opened(library)
    answers = [answer_to(library, code) for code in wrong_codes(room)[:20]]
    assert ["opens no room" in answer for answer in answers] == [
        number < ATTEMPTS_OF_VISITOR for number in range(20)
    ]
    assert answer_to(library, room.code, "somebody else") == "joined"


def test_a_class_behind_one_address_joins_within_a_minute(library: Library) -> None:
    room = opened(library)
    wrong = wrong_codes(room)
    typed = [room.code] * 150
    for number in range(8):  # one in twenty mistypes
        typed.insert(20 * number, wrong[number])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda code: answer_to(library, code), typed))
    assert answers.count("joined") == 150


def test_threads_cannot_use_the_same_attempt(library: Library) -> None:
    room = opened(library)
    guesses = enumerate(wrong_codes(room)[:60])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda g: answer_to(library, g[1], str(g[0])), guesses))
    assert sum("opens no room" in answer for answer in answers) == ATTEMPTS


def test_the_same_wrong_code_takes_attempts_once(
    file: Library, later: Callable[[float], None]
) -> None:
    first = opened(file)
    code = wrong_codes(first)[0]
    for _retry in range(2 * ATTEMPTS):
        assert "opens no room" in answer_to(file, code)
    assert used(file) == 1
    later(1)
    opened(file)  # the code could open this room
    answer_to(file, code)
    assert used(file) == 1 + 2
    later(DOOR_SECONDS)
    answer_to(file, wrong_codes(first)[1])  # no door is open, so there is nothing to find
    assert used(file) == 3


def used(library: Library) -> int:
    with library._reading.begin() as connection:
        found = connection.exec_driver_sql("SELECT sum(doors) FROM pglab_room_guesses")
        return int(found.scalar_one())


def test_the_short_code_opens_the_room_while_the_door_is_open(
    file: Library, later: Callable[[float], None]
) -> None:
    room = opened(file)
    later(DOOR_SECONDS - 5)
    assert works(file, room)
    assert answer_to(file, room.code) == "joined"
    later(10)
    assert not works(file, room)
    assert "opens no room" in answer_to(file, room.code)
    assert answer_to(file, room.full_code) == "joined"
    let_join(file, room.key, 99)  # it contradicts nothing, whatever another window has done
    assert answer_to(file, room.code) == "joined"
    assert works(file, room)
    end_room(file, room.key, version(file, room))
    assert not works(file, room)


# --- What the answer tells


def test_the_answer_does_not_tell_why_a_code_opens_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence and the commands to the database are the same for all codes."""
    ended, full, other = opened(library), opened(library), opened(library)
    end_room(library, ended.key, version(library, ended))
    monkeypatch.setattr(members, "MOST_MEMBERS", 0)
    commands: list[str] = []

    def note(_connection: object, _cursor: object, command: str, *_rest: object) -> None:
        commands.append(command)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        found = set()
        for code in (ended.code, full.code, wrong_codes(ended, full, other)[0]):
            commands.clear()
            found.add((answer_to(library, code, code), tuple(commands)))
        assert len(found) == 1
        assert len(commands) > 3
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    wrong_rest = full.code + random_code()[SHORT:]
    sentences = {answer_to(library, code) for code in (wrong_rest, ended.full_code, random_code())}
    assert sentences == {answer for answer, _commands in found}


# --- New codes


def test_a_code_is_not_used_again_within_a_day(
    library: Library, monkeypatch: pytest.MonkeyPatch, later: Callable[[float], None]
) -> None:
    drawn = ["A" * FULL, "A" * SHORT + "C" * 8, "D" * FULL]
    monkeypatch.setattr(opening, "random_code", lambda: drawn.pop(0))
    first = opened(library)
    end_room(library, first.key, 1)
    assert opened(library).code == "D" * SHORT
    drawn[:] = ["A" * FULL, "E" * FULL]
    later(2 * DAY - 10)  # the room has expired a day ago
    library.tidy()
    assert opened(library).code == "E" * SHORT
    drawn[:] = ["A" * FULL]
    later(20)
    assert opened(library).code == "A" * SHORT


def test_a_browser_and_a_server_have_so_many_rooms(
    file: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pglab.library.store.rooms.rooms.MOST_OF_OWNER", 1)
    monkeypatch.setattr("pglab.library.store.rooms.rooms.MOST_ROOMS", 2)
    first = opened(file)
    with pytest.raises(RoomError, match="You have 1 open rooms, and more are not possible"):
        opened(file, ADA)
    opened(file, BOB)
    with pytest.raises(RoomError, match="The server has 2 open rooms"):
        opened(file, "somebody else")
    end_room(file, first.key, 1)
    opened(file, ADA)
