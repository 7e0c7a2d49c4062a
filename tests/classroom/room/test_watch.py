"""Two processes on one database see the same room; here, they are two `Library` objects."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine, event

from pglab.classroom.room.answering import give_answer
from pglab.classroom.room.codes import DOOR_SECONDS
from pglab.classroom.room.membership import note_present
from pglab.classroom.room.opening import delete_room
from pglab.classroom.room.own_runs.by_hand import note_return
from pglab.classroom.room.steering import end_room, go_to_step, open_question
from pglab.classroom.room.watch import News, RoomSnapshot, RoomWatch
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.rooms.polling import PRESENT_SECONDS
from tests.classroom.room.rooms import YES, joined, opened

PATIENCE = 20.0  # seconds


@pytest.fixture
def other(url: str) -> Iterator[Library]:
    """Another process on the database of the fixture `library`."""
    with closing(open_library(url)) as library:
        yield library


def snapshot(news: queue.Queue[News], wanted: Callable[[RoomSnapshot], bool]) -> RoomSnapshot:
    """The next snapshot of this kind."""
    while True:
        found = news.get(timeout=PATIENCE)
        if isinstance(found, RoomSnapshot) and wanted(found):
            return found


def wait_until_idle(watch: RoomWatch) -> None:
    end = time.monotonic() + PATIENCE
    while watch.is_running:
        assert time.monotonic() < end
        threading.Event().wait(0.005)


def test_a_change_in_one_process_reaches_the_other(library: Library, other: Library) -> None:
    room = opened(library)
    watches = RoomWatch(library, 0.01), RoomWatch(other, 0.01)
    heard: list[queue.Queue[News]] = [queue.Queue(), queue.Queue()]
    stops = [watch.watch(room.room, news.put) for watch, news in zip(watches, heard, strict=True)]
    for news in heard:
        first = snapshot(news, lambda _found: True)
        assert (first.code, first.full_code, first.members) == (room.code, room.full_code, 0)
        assert first.short_code_works
    open_question(library, room.key, 1)
    eva = joined(other, room)
    give_answer(other, eva, 1, YES)
    note_return(library, eva, 1, 5.0)
    for news in heard:
        last = snapshot(news, lambda found: found.returns_changed == 1)
        assert (last.state.question, last.members, last.present) == ("open", 1, 1)
        assert (last.tally.answered, last.tally.counts) == (1, (1, 0))
        assert [(row.here, row.answered) for row in last.counts] == [(1, 1), (0, 0), (0, 0)]
    go_to_step(other, room.key, 2, 2)
    assert snapshot(heard[0], lambda found: found.state.step == 2).counts[1].here == 1
    for stop in stops:
        stop()
    for watch in watches:
        wait_until_idle(watch)


def test_a_room_without_changes_costs_one_command_for_all_listeners(file: Library) -> None:
    room = opened(file)
    news: list[queue.Queue[News]] = [queue.Queue() for _page in range(3)]
    commands: queue.Queue[str] = queue.Queue()

    def note(_connection: object, _cursor: object, command: str, *_rest: object) -> None:
        if not command.startswith("BEGIN"):
            commands.put(command)

    watch = RoomWatch(file, 0.001)
    stops = [watch.watch(room.room, one.put) for one in news]
    for one in news:  # who comes later gets the present state too
        snapshot(one, lambda _found: True)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        polls = [commands.get(timeout=PATIENCE) for _poll in range(10)]
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(set(polls)) == 1
    assert all(one.empty() for one in news)
    stops[0]()
    open_question(file, room.key, 1)
    watch.poke()
    for one in news[1:]:
        snapshot(one, lambda found: found.state.question == "open")
    assert news[0].empty()
    for stop in stops:
        stop()
        stop()  # once more does no harm
    wait_until_idle(watch)
    again = watch.watch(room.room, news[0].put)  # and it can begin again
    snapshot(news[0], lambda _found: True)
    again()
    wait_until_idle(watch)


def test_the_time_alone_changes_what_the_wall_shows(
    file: Library, later: Callable[[float], None]
) -> None:
    room, news = opened(file), queue.Queue[News]()
    eva = joined(file, room)
    watch = RoomWatch(file, 0.01)
    stop = watch.watch(room.room, news.put)
    assert snapshot(news, lambda _found: True).present == 1
    later(PRESENT_SECONDS + 1)
    assert snapshot(news, lambda found: found.present == 0).short_code_works
    note_present(file, [eva])
    later(DOOR_SECONDS)
    assert not snapshot(news, lambda found: not found.short_code_works).state.ended
    stop()
    wait_until_idle(watch)


def test_bad_news_tell_the_problem(file: Library, caplog: pytest.LogCaptureFixture) -> None:
    room, news = opened(file), queue.Queue[News]()
    watch = RoomWatch(file, 0.01)

    def broken_page(_news: News) -> None:
        raise RuntimeError("this page has a mistake")

    stops = [watch.watch(room.room, broken_page), watch.watch(room.room, news.put)]
    snapshot(news, lambda _found: True)
    end_room(file, room.key, 1)
    assert not snapshot(news, lambda found: found.state.ended).short_code_works
    delete_room(file, room.key)
    assert news.get(timeout=PATIENCE) == "gone"
    with file._writing.begin() as connection:
        connection.exec_driver_sql("DROP TABLE pglab_room_answers")
        connection.exec_driver_sql("ALTER TABLE pglab_rooms RENAME TO elsewhere")
    assert news.get(timeout=PATIENCE) == "away"
    assert "refuses this command" in caplog.text  # for who runs the server
    for stop in stops:
        stop()
    wait_until_idle(watch)
    assert "this page has a mistake" in caplog.text
