"""The name of a process of the app: in channels, and in a cookie of the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from pglab.ui.shell.process.process_name import COOKIE, ProcessCookie, of_this_process, process_name


@pytest.fixture(autouse=True)
def _forget_the_name() -> Iterator[None]:
    process_name.cache_clear()
    yield
    process_name.cache_clear()


PAGE = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/html; charset=utf-8")],
}
FILE = {**PAGE, "headers": [(b"content-type", b"text/css")]}
ACCEPTED = {"type": "websocket.accept", "headers": []}


def cookie_with(message: Message, path: str, known: str = "1") -> str | None:
    """The cookie that a process with the name "2" adds to a message for a browser."""
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({**message, "headers": list(message["headers"])})

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    kind = message["type"].partition(".")[0]
    headers = [(b"cookie", f"{COOKIE}={known}".encode())]
    asyncio.run(
        ProcessCookie(app, "lab")({"type": kind, "path": path, "headers": headers}, receive, send)
    )
    return Headers(scope=sent[0]).get("set-cookie")


def test_a_page_and_its_websocket_tell_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGLAB_PROCESS", "2")
    told = f"{COOKIE}=2; Path=/lab; HttpOnly; SameSite=Lax"
    assert cookie_with(PAGE, "/lab/reinforce") == told
    assert cookie_with(ACCEPTED, "/lab/_stcore/stream") == told
    assert cookie_with(ACCEPTED, "/lab/live/2.x") is None
    assert cookie_with(FILE, "/lab/assets/x.css") is None
    assert cookie_with(PAGE, "/lab/reinforce", known="2") is None
    assert cookie_with(ACCEPTED, "/lab/_stcore/stream", known="2") is None


def test_a_process_without_a_name_tells_nothing() -> None:
    assert cookie_with(PAGE, "/lab/reinforce") is None


def test_secret_names_begin_with_the_process_only_if_it_has_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert of_this_process("secret") == "secret"
    process_name.cache_clear()
    monkeypatch.setenv("PGLAB_PROCESS", "a2")
    assert of_this_process("secret") == "a2.secret"


@pytest.mark.parametrize("name", ["A", "a.b", "a b", "a;b", "é", "x" * 21])
def test_a_name_that_nginx_would_misread_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PGLAB_PROCESS", name)
    with pytest.raises(ValueError, match="PGLAB_PROCESS must be"):
        process_name()
