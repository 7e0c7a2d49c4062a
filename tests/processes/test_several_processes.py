"""A class on two processes of the app behind nginx, with one database of PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from pglab.classroom.room.opening import OpenedRoom, open_room, room_of_key
from pglab.classroom.room.steering import (
    close_question,
    go_to_step,
    open_question,
    reveal_answers,
)
from pglab.classroom.room.tallies import tally
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import new_key
from pglab.ui.shell.process.process_name import COOKIE
from tests.classroom.lessons import EXAMPLE
from tests.databases import postgresql
from tests.room.client import PhoneClient
from tests.several_processes import SeveralProcesses, several_processes

__all__ = ["postgresql"]
SKETCH = [[0.0, 10.0], [30_000.0, 200.0]]


@pytest.fixture(scope="module")
def several(
    tmp_path_factory: pytest.TempPathFactory,
    postgresql: str,
) -> Iterator[SeveralProcesses]:
    with several_processes(tmp_path_factory.mktemp("several"), postgresql) as several:
        yield several


@pytest.fixture
def library(postgresql: str) -> Iterator[Library]:
    with closing(open_library(postgresql)) as library:
        yield library


class Teacher:
    """Steers a room by the database alone, so the processes of the phones must look there."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.opened: OpenedRoom = open_room(library, new_key(), EXAMPLE)

    def make(self, *changes: Callable[..., Any]) -> None:
        for change in changes:
            version = room_of_key(self.library, self.opened.key).state.version
            change(self.library, self.opened.key, version)


async def phone_on(name: str, url: str, code: str) -> PhoneClient:
    """A phone that the process with this name serves: another process would change the cookie."""
    phone = PhoneClient(url, {COOKIE: name})
    await phone.join(code)
    for _time in range(2):  # without the cookie, nginx would use both processes
        await asyncio.to_thread(open_page, phone)
        assert phone.cookies[COOKIE] == name
    await phone.connect()
    return phone


async def until_state(phone: PhoneClient, number: int, state: str) -> None:
    """Wait until the phone shows a lesson step, with its question in this state."""
    await phone.until(lambda: (phone.view["number"], phone.view["state"]) == (number, state))


def open_page(phone: PhoneClient) -> None:
    """Open the page of the phone's room."""
    reply = phone.ask("GET", phone.address.removeprefix(urlsplit(phone.url).path + "/"))
    assert reply.status == 200


def cookie_of(url: str, path: str, **cookies: str) -> str:
    """Open a page; return the name of the process that its answer puts into the cookie, or ""."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=20)
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    connection.request("GET", f"{parts.path}/{path}", headers={"Cookie": header})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200
    for line in answer.headers.get_all("Set-Cookie") or ():
        name, _equals, value = line.partition(";")[0].partition("=")
        if name == COOKIE:
            return value
    return ""


def test_who_comes_is_spread_and_stays_or_follows_a_link_to_a_run(
    several: SeveralProcesses,
) -> None:
    url = several.url
    assert {cookie_of(url, "join") for _ in range(4)} == {"1", "2"}
    assert [cookie_of(url, "join", pglab_process=name) for name in ("1", "2")] == ["", ""]
    for name in ("3", "http://elsewhere", "1.2", "%2e"):
        assert cookie_of(url, "join", pglab_process=name) in ("1", "2")
    assert cookie_of(url, "watch?live=2.abc", pglab_process="1") == "2"
    assert cookie_of(url, "watch?live=abc", pglab_process="1") == ""
    assert cookie_of(url, "reinforce?live=2.abc", pglab_process="1") == ""


# This test ends a process, so it is the last one of this file.
def test_two_processes_show_one_class_and_one_takes_over(
    several: SeveralProcesses, library: Library
) -> None:
    teacher = Teacher(library)

    async def work() -> None:
        code = teacher.opened.code
        one, two = [await phone_on(name, several.url, code) for name in ("1", "2")]
        teacher.make(open_question)
        for phone, chosen in ((one, 0), (two, 1)):
            await until_state(phone, 1, "open")
            assert "received" in await phone.answer(1, chosen=[chosen])
        teacher.make(close_question, reveal_answers)
        for phone in (one, two):
            await until_state(phone, 1, "revealed")
            assert phone.view["result"]["counts"] == [1, 1]

        several.kill("2")
        await two.closed()
        await two.connect()
        await two.until(lambda: bool(two.answers))
        assert two.answers == {"1": {"chosen": [1]}}
        teacher.make(partial(go_to_step, step=2), open_question)
        await until_state(two, 2, "open")
        assert "received" in await two.answer(2, points=SKETCH)
        await asyncio.to_thread(open_page, two)
        assert two.cookies[COOKIE] == "1"
        room = room_of_key(library, teacher.opened.key)
        assert tally(library, room, 2).answered == 1
        await one.leave()
        await two.leave()

    asyncio.run(work())
