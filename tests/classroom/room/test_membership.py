"""Members join, lose the connection, come back and move."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from pglab.classroom.room.answering import give_answer
from pglab.classroom.room.membership import (
    MOST_IN_NICKNAME,
    cleaned_nickname,
    join,
    member_of_key,
    move_to,
    note_present,
    rename,
    view_of_member,
)
from pglab.classroom.room.opening import delete_room, load_room
from pglab.classroom.room.state import RoomError
from pglab.classroom.room.steering import go_to_step, open_question, set_mode
from pglab.classroom.room.tallies import step_counts
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.rooms import joins, members
from pglab.library.store.rooms.polling import PRESENT_SECONDS
from pglab.library.store.runs.kept import new_key
from tests.classroom.hostile import TEXTS
from tests.classroom.room.rooms import YES, joined, opened, version

HEAP = "e" + "\u0301\u0302\u0303\u0304\u0305" * 20 + "va"


def here(library: Library, room: str) -> list[tuple[int, int]]:
    """At each lesson step, how many members there are, and how many are present."""
    return [(row.here, row.present) for row in step_counts(library, load_room(library, room))]


def test_a_phone_comes_back_to_its_place_with_its_answer(url: str) -> None:
    with closing(open_library(url)) as library:
        room = opened(library)
        open_question(library, room.key, 1)
        first = join(library, room.code, "Eva", visitor="x")
        give_answer(library, first.member, 1, YES)
        set_mode(library, room.key, 2, "free")
        move_to(library, first.member, 3)
    with closing(open_library(url)) as library:  # after a restart of the server
        member = member_of_key(library, first.key)
        assert member is not None
        assert (member.number, member.nickname, member.step) == (1, "Eva", 3)
        view = view_of_member(library, first.member)
        assert (view.member, view.answers) == (member, {1: YES})
        assert view.room == load_room(library, room.room)


def test_a_lost_answer_to_a_join_makes_no_second_member(library: Library) -> None:
    room, other, key = opened(library), opened(library), new_key()
    first = join(library, room.code, "Eva", visitor="x", key=key)
    again = join(library, room.full_code, "Eve", visitor="x", key=key)
    assert again == first
    assert first.key == key
    elsewhere = join(library, other.code, visitor="x", key=key)
    assert elsewhere.member.room == other.room
    assert elsewhere.key != key
    assert member_of_key(library, key) == first.member
    assert join(library, room.code, visitor="x", key="guessed").member.number == 2


def test_an_unknown_key_is_nobody(file: Library) -> None:
    joined(file, opened(file))
    assert not any(member_of_key(file, key) for key in (*TEXTS, "", new_key()))


def test_a_nickname_is_one_short_line_of_text(file: Library) -> None:
    room = opened(file)
    for text in (*TEXTS, HEAP, "👩‍🔬 Eva", "  Eva\n\n", ""):
        member = joined(file, room, text)
        name = member.nickname
        assert name == cleaned_nickname(name)
        assert len(name) <= MOST_IN_NICKNAME
        assert not set(name) & set("\n\u202e\u2066\0")
        assert all(character.isprintable() or character in "\u200c\u200d" for character in name)
        assert rename(file, member, f" {text} ").nickname == name


def test_nicknames_keep_what_is_no_trick() -> None:
    assert cleaned_nickname("  Åsa \t Müller ") == "Åsa Müller"
    assert cleaned_nickname("👩‍🔬 Eva") == "👩‍🔬 Eva"
    assert cleaned_nickname(HEAP) == "é\u0302\u0303\u0304va"


def test_a_room_has_so_many_members(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MOST_MEMBERS", 20)
    room = opened(library)

    def number_of(_phone: int) -> int:
        try:
            return joined(library, room).number
        except RoomError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(pool.map(number_of, range(30)))
    assert numbers == [0] * 10 + list(range(1, 21))
    with pytest.raises(RoomError, match="This room is full"):
        joined(library, room)


def test_one_address_can_join_only_so_often(
    library: Library, monkeypatch: pytest.MonkeyPatch, later: Callable[[float], None]
) -> None:
    assert joins.MOST_JOINS > members.MOST_MEMBERS  # a whole class behind one address
    monkeypatch.setattr(joins, "MOST_JOINS", 3)
    rooms = opened(library), opened(library)
    keys = [join(library, room.full_code, visitor="x").key for room in (*rooms, rooms[0])]
    for code in (rooms[0].full_code, rooms[1].code):
        with pytest.raises(RoomError, match="Too many people have joined from your network"):
            join(library, code, visitor="x")
    assert join(library, rooms[0].full_code, visitor="x", key=keys[0]).member.number == 1
    assert join(library, rooms[0].code, visitor="y").member.number == 3
    later(joins.HOUR + 1)
    other = rooms[1].full_code
    assert [join(library, other, visitor="x").member.number for _ in "abc"] == [2, 3, 4]
    with pytest.raises(RoomError, match="Too many people"):
        join(library, other, visitor="x")


def test_the_teacher_or_the_members_move(library: Library) -> None:
    room = opened(library)
    eva, tom = joined(library, room), joined(library, room)
    with pytest.raises(RoomError, match="The teacher moves the class"):
        move_to(library, eva, 2)
    go_to_step(library, room.key, 1, 2)
    assert here(library, room.room) == [(0, 0), (2, 2), (0, 0)]
    set_mode(library, room.key, 2, "free")
    go_to_step(library, room.key, 3, 1)  # only the wall changes
    assert move_to(library, tom, 3).step == 3
    assert here(library, room.room) == [(0, 0), (1, 1), (1, 1)]
    for step in (0, 4):
        with pytest.raises(RoomError, match="The lesson has 3 steps"):
            move_to(library, eva, step)
    set_mode(library, room.key, 4, "paced")
    assert here(library, room.room) == [(2, 2), (0, 0), (0, 0)]
    assert version(library, room) == 5


def test_members_without_a_sign_are_away(library: Library, later: Callable[[float], None]) -> None:
    room, other = opened(library), opened(library)
    everybody = [joined(library, room) for _phone in range(3)]
    stranger = joined(library, other)
    later(PRESENT_SECONDS + 1)
    note_present(library, [])
    assert here(library, room.room)[0] == (3, 0)
    note_present(library, [everybody[0], everybody[2], everybody[0], stranger])
    assert here(library, room.room)[0] == (3, 2)
    assert here(library, other.room)[0] == (1, 1)


def test_a_member_of_a_deleted_room_is_nobody(file: Library) -> None:
    room = opened(file)
    eva = join(file, room.code, visitor="x")
    delete_room(file, room.key)
    assert member_of_key(file, eva.key) is None
    with pytest.raises(RoomError, match="does not exist any more"):
        view_of_member(file, eva.member)
    note_present(file, [eva.member])
