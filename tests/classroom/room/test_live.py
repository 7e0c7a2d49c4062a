"""The teacher's run on all phones: who may show one, which one, and when it is no longer shown."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from pglab.classroom.lesson_file import written_lesson
from pglab.classroom.room.live import (
    MOST_OFFERED,
    OpenOwners,
    OwnRoom,
    hide_live_run,
    may_show_runs,
    own_rooms,
    show_run,
    show_runs_from,
    steered_rooms,
)
from pglab.classroom.room.opening import delete_room, load_room, steering_key
from pglab.classroom.room.state import LiveRun, RoomError, first_state
from pglab.classroom.room.steering import end_room, go_to_step, hide_run, open_question
from pglab.library.store import opening
from pglab.library.store.library import Library
from pglab.library.store.migrations import MIGRATIONS, migrate
from pglab.library.store.opening import open_library
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.store.runs.kept import hash_of, is_key, new_address, new_key
from tests.classroom.hostile import TEXTS
from tests.classroom.room.rooms import ADA, BOB, LESSON, opened, state, version

RUN = LiveRun("2.QmFy_-Zm9v", "REINFORCE")
OTHER = LiveRun("SG93ZHk", "Compare")
OLD_ROOM = """
    INSERT INTO pglab_rooms VALUES (
        :room, 'K7M3P', '2XQ9RA4T', 'hash', :owner, 0, 1e12, NULL, 0, 0, 1, 'paced', 1,
        '["waiting", "waiting", "waiting"]', FALSE, :lesson
    )
"""


def test_a_browser_shows_its_runs_in_its_rooms(library: Library) -> None:
    one, two = opened(library), opened(library)
    for room in (one, two):
        show_run(library, room.room, ADA, RUN)
        assert state(library, room).live == RUN
    show_run(library, one.room, ADA, OTHER)
    hide_live_run(library, RUN.name, one.room)  # the page of the former run is late
    assert [state(library, room).live for room in (one, two)] == [OTHER, RUN]
    hide_live_run(library, RUN.name)
    assert [state(library, room).live for room in (one, two)] == [OTHER, None]
    assert load_room(library, one.room).state.live == OTHER
    hide_live_run(library, OTHER.name, one.room)
    assert state(library, one).live is None


def test_a_shown_run_does_not_stop_a_click_in_the_window_of_the_room(library: Library) -> None:
    room = opened(library)
    show_run(library, room.room, ADA, RUN)
    after = open_question(library, room.key, 1)
    assert (after.question, after.live) == ("open", RUN)
    assert hide_run(library, room.key, 2) == state(library, room)
    assert state(library, room).live is None


def test_only_the_browser_of_the_teacher_shows_runs(library: Library) -> None:
    room = opened(library)
    assert may_show_runs(library, room.room, ADA)
    for owner in (BOB, *TEXTS):
        assert not may_show_runs(library, room.room, owner)
        assert own_rooms(library, owner) == []
        with pytest.raises(RoomError, match="another browser"):
            show_run(library, room.room, owner, RUN)
    assert state(library, room).live is None


def test_with_the_key_another_browser_takes_over(library: Library) -> None:
    room = opened(library)
    with pytest.raises(RoomError, match="does not exist"):
        show_runs_from(library, new_key(), BOB)
    show_runs_from(library, room.key, BOB)
    assert [found.room for found in own_rooms(library, BOB)] == [room.room]
    assert not may_show_runs(library, room.room, ADA)
    with pytest.raises(RoomError, match="another browser"):
        show_run(library, room.room, ADA, RUN)
    show_run(library, room.room, BOB, RUN)


def test_the_newest_open_rooms_are_offered(library: Library) -> None:
    rooms = [opened(library) for _ in range(MOST_OFFERED + 2)]
    ended, gone = rooms.pop(), rooms.pop(0)
    show_run(library, rooms[-1].room, ADA, RUN)
    end_room(library, ended.key, 1)
    delete_room(library, gone.key)
    shown = [None] * (MOST_OFFERED - 1) + [RUN]
    expected = [
        OwnRoom(room.room, room.code, LESSON.title, live)
        for room, live in zip(rooms, shown, strict=True)
    ]
    assert own_rooms(library, ADA) == expected[::-1]


def test_a_browser_finds_the_keys_of_its_open_rooms_again(library: Library) -> None:
    one, ended, given, two = (opened(library) for _ in range(4))
    end_room(library, ended.key, 1)
    show_runs_from(library, given.key, BOB)
    assert list(steered_rooms(library, ADA)) == [two.key, one.key]
    assert steered_rooms(library, ADA)[one.key].room == one.room
    # Bob's browser may show its runs in the room, but it cannot know the key.
    assert [room.room for room in own_rooms(library, BOB)] == [given.room]
    assert steered_rooms(library, BOB) == {}


def test_a_key_is_made_from_the_secret_of_the_browser() -> None:
    name = new_address()
    keys = {steering_key(owner, name) for owner in (ADA, BOB, hash_of(ADA), "", *TEXTS)}
    assert len(keys) == 4 + len({*TEXTS} - {""})
    assert all(map(is_key, keys))
    assert steering_key(ADA, new_address()) not in keys
    digest = hashlib.sha256(padded(0x5C) + hashlib.sha256(padded(0x36) + name.encode()).digest())
    assert urlsafe_b64decode(steering_key(ADA, name)) == digest.digest()[:24]


def padded(filled: int) -> bytes:
    """Ada's key as RFC 2104 prepares it."""
    return bytes(byte ^ filled for byte in ADA.encode().ljust(64, b"\0"))


def test_who_has_an_open_room_is_known_at_once_and_elsewhere_soon(file: Library) -> None:
    here, elsewhere, late = (OpenOwners(lambda: file, seconds) for seconds in (1e9, 0, 1e9))
    assert not any(owners.has_room(ADA) for owners in (here, elsewhere, late))
    room = opened(file)
    here.note(ADA)
    assert [owners.has_room(ADA) for owners in (here, elsewhere, late)] == [True, True, False]
    assert not any(owners.has_room(BOB) for owners in (here, elsewhere, late))
    end_room(file, room.key, 1)
    assert not elsewhere.has_room(ADA)


def test_a_room_that_opens_during_a_look_is_not_forgotten(file: Library) -> None:
    def library() -> Library:
        owners.note(ADA)
        return file

    owners = OpenOwners(library)
    assert owners.has_room(ADA)


def test_while_the_library_rests_the_rooms_known_before_are_kept(file: Library) -> None:
    asked: list[Library | None] = [file]

    def library() -> Library:
        found = asked.pop()
        if found is None:
            raise LibraryUnavailable("It rests.")
        return found

    opened(file)
    owners = OpenOwners(library, seconds=0)
    assert owners.has_room(ADA)
    asked.append(None)
    assert owners.has_room(ADA)
    assert asked == []
    assert owners.has_room(ADA)  # without another look


def test_another_step_shows_no_run(library: Library) -> None:
    room = opened(library)
    show_run(library, room.room, ADA, RUN)
    assert go_to_step(library, room.key, 1, 1).live == RUN
    assert go_to_step(library, room.key, 1, 2).live is None
    assert state(library, room).live is None


def test_the_end_of_a_room_ends_its_run(library: Library) -> None:
    room = opened(library)
    show_run(library, room.room, ADA, RUN)
    assert end_room(library, room.key, version(library, room)).live is None
    assert state(library, room).live is None
    with pytest.raises(RoomError, match="has ended"):
        show_run(library, room.room, ADA, RUN)


@pytest.mark.parametrize("hostile", [*TEXTS, "", "../../_stcore/stream", "x" * 81, "a b", "näme"])
def test_hostile_names_and_titles_are_refused(hostile: str) -> None:
    with pytest.raises(RoomError, match=r"Load its page again\.$"):
        LiveRun(hostile, "REINFORCE")


@pytest.mark.parametrize("hostile", ["", "x" * 61, "two\nlines", "right \u202eto left", " edge "])
def test_titles_are_clean_lines(hostile: str) -> None:
    with pytest.raises(RoomError, match=r"Load its page again\.$"):
        LiveRun("name", hostile)


def test_a_damaged_name_is_not_shown(file: Library) -> None:
    room = opened(file)
    with file._writing.begin() as connection:
        connection.execute(text("UPDATE pglab_rooms SET live_name = '\"><script>'"))
    with pytest.raises(RoomError, match="is damaged"):
        state(file, room)


def test_a_room_of_the_version_before_can_show_a_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, name = f"sqlite:///{tmp_path}/old.sqlite3", new_address()
    stored = {"room": name, "owner": hash_of(ADA), "lesson": written_lesson(LESSON)}
    with monkeypatch.context() as patch:
        patch.setattr(opening, "migrate", lambda engine: migrate(engine, MIGRATIONS[:5]))
        with closing(open_library(url)) as old, old._writing.begin() as connection:
            connection.execute(text(OLD_ROOM), stored)
    with closing(open_library(url)) as library:
        assert load_room(library, name).state == first_state(LESSON)
        show_run(library, name, ADA, RUN)
        assert load_room(library, name).state.live == RUN
