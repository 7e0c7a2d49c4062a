"""The pages with which phones come into rooms: the form, the room, the way to an own run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from pglab.classroom.room.codes import shown_code
from pglab.classroom.room.membership import member_of_key
from pglab.classroom.room.own_runs.training import let_train
from pglab.classroom.room.own_runs.training_plan import TrainingPlan
from pglab.classroom.room.steering import end_room
from pglab.classroom.room.tallies import step_counts
from pglab.config import ReinforceConfig
from pglab.library.keeping.saver import SharedLibrary
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.store.runs.kept import new_key
from pglab.ui.room.addresses import join_link, member_cookie
from pglab.ui.room.pages import MOST_BYTES, visitor_of
from pglab.ui.room.sharing import SharedRooms
from pglab.ui.shell.owner import COOKIE
from tests.classroom.lessons import EXAMPLE
from tests.room.client import PhoneClient, Reply
from tests.room.serving import BASE, Serving, Teacher, saved_run, serving

HOSTILE_NAME = "<script>alert(1)</script>\"'&\u202e🎈 **x** " + "y" * 300


def run(library: Library, work: Callable[[Serving, Teacher], Awaitable[None]]) -> None:
    """Let `work` use a server with one room."""

    async def serve() -> None:
        async with serving(library) as server:
            await work(server, server.teacher(EXAMPLE))

    asyncio.run(serve())


async def asked(phone: PhoneClient, path: str, method: str = "GET", **given: str) -> Reply:
    return await asyncio.to_thread(phone.ask, method, path, **given)


def test_a_phone_joins_and_comes_back_as_the_same_member(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phone = PhoneClient(server.url)
        form = await asked(phone, "join")
        assert (form.status, form.text.count('name="code"')) == (200, 1)
        joined = await phone.join(f" {teacher.opened.code.lower()} ", HOSTILE_NAME)
        assert joined.status == 303
        assert phone.address == f"/{BASE}/join/{shown_code(teacher.opened.full_code)}"
        cookie = joined.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=lax", f"Path=/{BASE}", "Max-Age="):
            assert part in cookie
        member = member_of_key(library, phone.cookies[member_cookie(teacher.opened.code)])
        assert member is not None
        assert member.number == 1
        assert 0 < len(member.nickname) <= 30
        page = await asked(phone, f"join/{teacher.opened.code}")
        assert "data-setup" in page.text
        assert "<script>" not in page.text
        await phone.join(teacher.opened.full_code)  # for example from the QR code, once more
        again = await server.phone(teacher.opened.code)
        assert again.number == 2

    run(library, work)


def test_a_phone_without_cookies_gets_a_sentence(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phone = PhoneClient(server.url)
        form = urlencode({"code": teacher.opened.code, "lang": "en"})
        joined = await asked(phone, "join", "POST", body=form)
        phone.cookies.clear()
        address = joined.headers["location"].removeprefix(f"/{BASE}/")
        again = await asked(phone, address)
        assert "Allow cookies" in again.text
        assert f'value="{shown_code(teacher.opened.full_code)}"' in again.text
        # Who gets the link of a member sees no such sentence.
        member = await server.phone(teacher.opened.code)
        friend = await asked(phone, member.address.removeprefix(f"/{BASE}/"))
        assert "<button" in friend.text
        assert "Allow cookies" not in friend.text

    run(library, work)


def test_two_rooms_on_one_phone_stay_apart(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phone, second = PhoneClient(server.url), server.teacher(EXAMPLE)
        for each in (teacher, second):
            await phone.join(each.opened.code)
        for each in (teacher, second):
            member = server.rooms.member(each.opened.code, phone.cookies)
            assert member is not None
            assert member.room == each.opened.room

    run(library, work)


def test_the_link_of_the_qr_code_asks_for_nothing(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phone = PhoneClient(server.url)
        link = join_link(f"{server.url}/lessons?lesson=x", teacher.opened.full_code)
        form = await asked(phone, link.removeprefix(f"{server.url}/"))
        assert f'value="{shown_code(teacher.opened.full_code)}"' in form.text
        assert "<button" in form.text
        assert members_of(library, teacher) == 0  # a look at the link joins nothing

    run(library, work)


def members_of(library: Library, teacher: Teacher) -> int:
    return sum(count.here for count in step_counts(library, teacher.room))


def test_wrong_codes_get_one_sentence_whatever_has_been_there(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        ended = server.teacher(EXAMPLE)
        ended.make(end_room)
        codes = (ended.opened.code, ended.opened.full_code, "22222", "<b>", "", "x" * 5_000)
        replies = [await PhoneClient(server.url).join(code) for code in codes]
        assert {reply.status for reply in replies} == {422}
        sentences = [
            reply.text.partition('role="alert"')[2].partition("</p>")[0].partition(">")[2]
            for reply in replies
        ]
        assert sentences[0] == sentences[1] == sentences[2] != ""
        assert sentences[3] == sentences[4] == sentences[5]
        assert "&lt;b&gt;" in replies[3].text
        large = await asked(
            PhoneClient(server.url), "join", "POST", body="code=" + "x" * MOST_BYTES
        )
        assert large.status == 422
        elsewhere = urlencode({"code": teacher.opened.code})
        foreign = await asked(
            PhoneClient(server.url), "join", "POST", body=elsewhere, Origin="http://elsewhere.test"
        )
        assert foreign.status == 403

    run(library, work)


def test_pages_run_no_script_of_others_and_belong_to_no_frame(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        phone = PhoneClient(server.url)
        pages = [await asked(phone, "join"), await phone.join(teacher.opened.code)]
        pages.append(await asked(phone, f"join/{teacher.opened.code}"))
        for page in pages:
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'; script-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            # Only attributes with styles are allowed, not elements.
            unsafe = [part.split() for part in policy.split(";") if "unsafe" in part]
            assert unsafe == [["style-src-attr", "'unsafe-inline'"]]

    run(library, work)


def test_a_member_is_led_to_the_own_run(library: Library) -> None:
    async def work(server: Serving, teacher: Teacher) -> None:
        await server.phone(teacher.opened.code)
        phone = await server.phone(teacher.opened.code)
        path = f"join/{teacher.opened.code}/train/1"
        early = await asked(phone, path)
        assert (early.status, "Nobody trains" in early.text) == (404, True)
        plan = TrainingPlan(ReinforceConfig(seed=7), 5_000, "gamma", 0.5, 0.9)
        teacher.make(let_train, plan)
        reply = await asked(phone, path)
        assert reply.status == 307
        page, _mark, query = reply.headers["location"].partition("?")
        assert page == f"/{BASE}/reinforce"
        told = {f"room={teacher.opened.code}", "room_step=1"}
        assert told | {"seed=8", "gamma=0.9", "total_steps=5000"} <= set(query.split("&"))
        phone.cookies[COOKIE] = new_key()
        mine = saved_run(library, phone.cookies[COOKIE], plan.config_of(2, 0.7))
        again = await asked(phone, path)
        assert again.headers["location"].endswith(f"&run={mine}")
        await phone.until(lambda: bool(phone.view["trains"]))
        teacher.make(let_train, None)
        await phone.until(lambda: not phone.view["trains"])
        late = await asked(phone, path)
        assert (late.status, "Nobody trains" in late.text) == (404, True)
        stranger = await asked(PhoneClient(server.url), path)
        assert 'name="code"' in stranger.text

    run(library, work)


def test_without_the_library_the_form_says_so() -> None:
    def opening() -> Library:
        raise LibraryUnavailable("The database is away.")

    rooms = SharedRooms(SharedLibrary(opening))
    with pytest.raises(LibraryUnavailable, match="away"):
        rooms.member("K7M3P", {member_cookie("K7M3P"): "x" * 32})
    rooms.poke()  # nobody watches


@pytest.mark.parametrize(
    ("host", "visitor"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),  # a customer has all of them
        ("testclient", "testclient"),
    ],
)
def test_a_visitor_is_known_by_the_network_address(host: str, visitor: str) -> None:
    assert visitor_of(Request({"type": "http", "client": (host, 1)})) == visitor
