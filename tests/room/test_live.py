"""The live connection between phones and their room."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from websockets import ConnectionClosed

from pglab import language
from pglab.classroom.room import watch
from pglab.classroom.room.live import show_run
from pglab.classroom.room.opening import delete_room
from pglab.classroom.room.state import LiveRun
from pglab.classroom.room.steering import (
    close_question,
    end_room,
    go_to_step,
    hide_run,
    open_question,
    reveal_answers,
    set_mode,
)
from pglab.classroom.room.tallies import step_counts, tally
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.room.connections import phone as phone_module
from pglab.ui.room.connections import phones as phones_module
from pglab.ui.room.connections.phone import AGAIN_LATER, REFUSED, REPLACED, TOO_MANY, UNKNOWN
from pglab.ui.room.connections.phones import MOST_OF_MEMBER
from tests.classroom.lessons import EXAMPLE
from tests.room.client import PhoneClient
from tests.room.serving import Serving, Teacher, serving

SKETCH = [[0.0, 10.0], [30_000.0, 200.0]]


def run(library: Library, work: Callable[[Serving, Teacher], Awaitable[None]]) -> None:
    """Let `work` use a server with one room."""

    async def serve() -> None:
        async with serving(library) as server:
            await work(server, server.teacher(EXAMPLE))

    asyncio.run(serve())


async def until_mode(phone: PhoneClient, mode: str) -> None:
    await phone.until(lambda: phone.view["mode"] == mode)


async def until_pong(phone: PhoneClient) -> None:
    await phone.send({"ping": True})
    await phone.until(lambda: "pong" in phone.got[-1])


async def until_state(phone: PhoneClient, state: str, number: int = 1) -> None:
    await phone.until(lambda: (phone.view["state"], phone.view["number"]) == (state, number))


def test_all_phones_learn_which_run_the_teacher_shows(library: Library) -> None:
    async def until_run(phone: PhoneClient, run: LiveRun | None) -> None:
        shown = None if run is None else {"name": run.name, "title": run.title}
        await phone.until(lambda: phone.view["run"] == shown)

    async def work(server: Serving, teacher: Teacher) -> None:
        def show(run: LiveRun) -> None:
            show_run(library, teacher.opened.room, teacher.owner, run)
            server.rooms.poke()

        phones = [await server.phone(teacher.opened.code) for _ in range(2)]
        assert [phone.view["run"] for phone in phones] == [None, None]
        for run in (LiveRun("2.first", "REINFORCE"), LiveRun("2.second", "Compare")):
            show(run)
            phones.append(await server.phone(teacher.opened.code))
            for phone in phones:
                await until_run(phone, run)
        for end in (hide_run, end_room):
            teacher.make(end)
            for phone in phones:
                await until_run(phone, None)
            if end is hide_run:
                show(run)
                await until_run(phones[0], run)

    run(library, work)


def test_a_class_answers_and_sees_itself(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phones = [await server.phone(teacher.opened.code) for _ in range(3)]
        assert all(phone.view["question"] is None for phone in phones)
        teacher.make(open_question)
        for phone, chosen in zip(phones, (0, 1, 1), strict=True):
            await until_state(phone, "open")
            received = await phone.answer(1, chosen=[chosen])
            assert received == {"received": {"step": 1, "answer": {"chosen": [chosen]}}}
        teacher.make(close_question)
        teacher.make(reveal_answers)
        for phone in phones:
            await until_state(phone, "revealed")
            assert phone.view["result"]["counts"] == [1, 2]
        teacher.make(go_to_step, 2)
        for phone in phones:
            await until_state(phone, "waiting", 2)
            assert phone.view["answer"] == ""

    run(library, work)


def test_the_first_answer_counts_once(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phone = await server.phone(teacher.opened.code)
        assert "closed" in (await phone.answer(1, chosen=[0]))["refused"]["sentence"]
        teacher.make(open_question)
        await until_state(phone, "open")
        other_window = PhoneClient(server.url, phone.cookies, phone.address)
        await other_window.connect()
        for _attempt in range(2):  # the phone sends an answer again if it gets no confirmation
            assert "received" in await phone.answer(1, chosen=[0])
        await other_window.until(lambda: "1" in other_window.answers)
        assert "First" in (await phone.answer(1, chosen=[1]))["refused"]["sentence"].title()
        await phone.until(lambda: "me" in phone.got[-1])
        assert phone.answers == {"1": {"chosen": [0]}}
        teacher.make(close_question)
        assert tally(library, teacher.room, 1).counts == (1, 0)

    run(library, work)


def test_a_phone_comes_back_where_it_was(library: Library) -> None:
    kept: list[PhoneClient] = []
    opened: list[Teacher] = []

    async def before(server: Serving, teacher: Teacher) -> None:
        phone = await server.phone(teacher.opened.code, "Ann")
        teacher.make(open_question)
        await until_state(phone, "open")
        await phone.answer(1, chosen=[1])
        await phone.leave()
        await phone.connect()  # after a lost connection
        assert phone.answers == {"1": {"chosen": [1]}}
        kept.append(phone)
        opened.append(teacher)

    async def after(server: Serving, _other: Teacher) -> None:
        phone = PhoneClient(server.url, kept[0].cookies, kept[0].address)
        await phone.connect()
        assert phone.number == 1
        assert phone.answers == {"1": {"chosen": [1]}}
        assert phone.view["state"] == "open"
        assert "received" in await phone.answer(1, chosen=[1])

    run(library, before)
    run(library, after)
    assert tally(library, opened[0].room, 1).answered == 1


def test_in_a_free_room_each_member_has_an_own_step(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        first, second = [await server.phone(teacher.opened.code) for _ in range(2)]
        await first.send({"go": 2})  # refused: the teacher moves the class
        await until_pong(first)
        teacher.make(set_mode, "free")
        for phone in (first, second):
            await until_mode(phone, "free")
            assert phone.view["number"] == 1
        await first.send({"go": 2})
        await first.until(lambda: first.view["number"] == 2)
        assert first.view["answer"] == ""
        await first.answer(2, points=SKETCH)
        await first.until(lambda: "noise" in first.view["answer"])
        assert second.view["number"] == 1
        assert [count.here for count in step_counts(library, teacher.room)] == [1, 1]
        await first.send({"go": 3})  # there is no such step
        await first.until(lambda: "view" in first.got[-1])
        assert first.view["number"] == 2
        teacher.make(set_mode, "paced")
        await first.until(lambda: first.view["mode"] == "paced")
        assert first.view["number"] == 1

    run(library, work)


def test_all_phones_get_the_same_text(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phones = [await server.phone(teacher.opened.code) for _ in range(3)]
        before = [len(phone.got) for phone in phones]
        teacher.make(open_question)
        for phone in phones:
            await until_state(phone, "open")
        await phones[0].answer(1, chosen=[0])
        for phone in phones[1:]:
            await until_pong(phone)
        # The answer of one phone brings nothing to the others.
        assert [len(p.got) - b for p, b in zip(phones, before, strict=True)] == [2, 2, 2]
        assert len({json.dumps(phone.view) for phone in phones}) == 1

    run(library, work)


def test_a_damaged_message_ends_the_connection(library: Library) -> None:
    damaged = [
        *("", "x", "[" * 5_000, "[]", "{}", '{"go": "2"}', '{"step": 1}', '{"ping": 1}'),
        *('{"step": 1, "answer": ["chosen", 0]}', '{"go": 1}' + " " * 20_000),
    ]

    async def work(server: Serving, teacher: Teacher) -> None:
        phone = await server.phone(teacher.opened.code)
        for message in damaged:
            await phone.send(message)
            assert await phone.closed() == REFUSED
            await phone.connect()

    run(library, work)


def test_strange_numbers_are_refused(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phone = await server.phone(teacher.opened.code)
        teacher.make(open_question)
        await until_state(phone, "open")
        for step in (0, -1, 3, True, 10**100):
            assert "refused" in await phone.answer(step, chosen=[0])
        assert tally(library, teacher.room, 1).answered == 0

    run(library, work)


def test_connections_and_messages_are_limited(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        first = await server.phone(teacher.opened.code)
        others = [
            PhoneClient(server.url, first.cookies, first.address) for _ in range(MOST_OF_MEMBER)
        ]
        for phone in others:
            await phone.connect()
        assert await first.closed() == REPLACED
        for _message in range(phone_module.MOST_MESSAGES + 1):
            with suppress(ConnectionClosed):
                await others[0].send({"ping": True})
        assert await others[0].closed() == TOO_MANY

    run(library, work)


def test_who_is_no_member_gets_nothing(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phone = await server.phone(teacher.opened.code)
        await phone.leave()
        for cookies in ({}, dict.fromkeys(phone.cookies, "x" * 32)):
            stranger = PhoneClient(server.url, cookies, phone.address)
            await stranger.connect(follow=False)
            assert await stranger.closed() == UNKNOWN
            assert stranger.got == []
        phone_again = PhoneClient(server.url, phone.cookies, phone.address)
        await phone_again.connect()
        delete_room(library, teacher.opened.key)
        server.rooms.poke()
        await phone_again.until(lambda: "notice" in phone_again.got[-1])
        assert "does not exist" in phone_again.got[-1]["notice"]

    run(library, work)


def test_each_phone_reads_about_problems_in_its_language(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "languages", lambda: ("en", "ru"))
    monkeypatch.setattr(watch, "no_such_room", lambda: f"no room, in {language.current_language()}")

    async def work(server: Serving, teacher: Teacher) -> None:
        english, russian = [await server.phone(teacher.opened.code) for _ in range(2)]
        await russian.leave()
        russian.address += "?lang=ru"
        await russian.connect()
        delete_room(library, teacher.opened.key)
        server.rooms.poke()
        await english.until(lambda: "notice" in english.got[-1])
        assert english.got[-1] == {"notice": "no room, in en"}
        await russian.until(lambda: "notice" in russian.got[-1])
        assert russian.got[-1] == {"notice": "no room, in ru"}

    run(library, work)


def test_a_phone_waits_for_a_library_that_does_not_answer(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object) -> None:
        raise LibraryUnavailable("The database is away.")

    async def work(server: Serving, teacher: Teacher) -> None:
        phone = await server.phone(teacher.opened.code)
        teacher.make(open_question)
        await until_state(phone, "open")
        with monkeypatch.context() as patched:
            patched.setattr(phone_module, "give_answer", away)
            later = await phone.answer(1, chosen=[0])
            assert later == {"later": {"step": 1, "sentence": "The database is away."}}
            patched.setattr(phones_module, "member_of_key", away)
            other_window = PhoneClient(server.url, phone.cookies, phone.address)
            await other_window.connect(follow=False)
            assert await other_window.closed() == AGAIN_LATER
        assert "received" in await phone.answer(1, chosen=[0])

    run(library, work)
