"""Tests of the live channel with a real server: pictures, bad input, the end of a run."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
import uvicorn
import websockets
from starlette.applications import Starlette

from pglab.algorithms.agents import AgentConfig
from pglab.config import ReinforceConfig
from pglab.environments import ENVIRONMENTS
from pglab.looks.probes import Slice
from pglab.session.bench import Bench
from pglab.session.sharing.gate import Gate
from pglab.session.sharing.turns import Turns
from pglab.session.training_session import TrainingSession
from pglab.ui.shell.page_state import LivePage
from pglab.ui.stage import channel as channels
from pglab.ui.stage.channel import Channel, find_channel, find_watched
from pglab.ui.stage.picture import Number, Picture, Progress
from pglab.ui.stage.rhythm import (
    FEWEST_FRAMES_PER_SECOND,
    LONGEST,
    LONGEST_REST,
    SHARE,
    Rhythm,
)
from pglab.ui.stage.socket import MOST_CONNECTIONS, live_route
from pglab.ui.stage.video.player import Player
from tests.oracles_actor_critic import short_cell
from tests.walks.messages import Parts, read, steps_in

PATIENCE = 20.0  # seconds


class Run:
    """A run that takes one step in each turn."""

    def __init__(self, most: int = 10**9) -> None:
        self.lock = Gate()
        self.steps, self.most = 0, most
        self.milliseconds_per_1000_steps = None
        self.running = False
        self.error: Exception | None = None

    @property
    def busy(self) -> bool:
        return self.running

    @property
    def next_turn(self) -> float:
        return -math.inf if self.running else math.inf

    def take_turn(self) -> None:
        if self.error is not None:
            raise self.error
        time.sleep(0.001)
        self.steps += 1
        self.running = self.steps < self.most

    def picture(self, *, resume: bool = False) -> Picture:
        del resume
        return Picture([], [Number("steps", str(self.steps), "")], Progress(0.5, "half", None))


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A list of all calls of the function `stage`, with their arguments."""
    drawn: list[dict[str, Any]] = []

    def stage(picture: Picture | None, **named: Any) -> None:
        drawn.append({"picture": picture, **named})

    monkeypatch.setattr(channels, "stage", stage)
    monkeypatch.setattr(st, "session_state", {"language": "en"})
    return drawn


def channel_of(run: Run) -> Channel:
    return Channel(LivePage(key="page"), run)


def watched_channel() -> tuple[Run, Channel]:
    run = Run()
    channel = channel_of(run)
    channel.let_watch(True)
    return run, channel


def draw(channel: Channel, run: Run) -> None:
    channel.show(run, run.picture, lambda: False)


@asynccontextmanager
async def serving(base: str = "") -> AsyncIterator[str]:
    app = Starlette(routes=[live_route(base)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


class Browser:
    """A browser's connection to a channel, and the parts of its latest picture."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.parts: Parts = {}

    async def next(self, *, ready: bool = True) -> dict[str, Any]:
        if ready:
            await self.socket.send("ready")
        raw = await asyncio.wait_for(self.socket.recv(), PATIENCE)
        head, parts = read(raw, self.parts)
        self.parts = self.parts if parts is None else parts
        return head

    @property
    def steps(self) -> int:
        return steps_in(self.parts)


async def closing_code(socket: Any) -> int:
    async def read_all() -> None:
        async for _message in socket:
            pass

    with suppress(websockets.ConnectionClosed):
        await asyncio.wait_for(read_all(), PATIENCE)
    code: int = socket.close_code
    return code


def over_a_server(test: Callable[[str], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        async with serving() as address:
            await test(address)

    asyncio.run(all_of_it())


def test_pictures_come_only_to_a_browser_that_is_ready_and_the_end_is_told() -> None:
    run = Run(most=60)
    channel = channel_of(run)

    async def test(address: str) -> None:
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            browser = Browser(socket)
            run.running = True
            draw(channel, run)
            sequences, steps = [], []
            while not (head := await browser.next()).get("outdated"):
                assert head["running"]
                sequences.append(head["sequence"])
                steps.append(browser.steps)
                with pytest.raises(TimeoutError):  # the browser is not ready for another picture
                    await asyncio.wait_for(socket.recv(), 0.02)
            assert steps == sorted(steps)
            assert sequences == sorted(set(sequences))
            assert run.steps == 60

    over_a_server(test)


def test_a_stage_comes_with_the_script_unless_a_channel_brings_it(
    scripts: list[dict[str, Any]],
) -> None:
    run = Run()
    channel = channel_of(run)

    async def test(address: str) -> None:
        draw(channel, run)
        run.running = True
        draw(channel, run)  # no browser is connected to the channel
        assert [drawn["picture"] is None for drawn in scripts] == [False, False]
        assert run.steps == 0, "without a browser, the run must not train"
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            browser = Browser(socket)
            await browser.next()
            draw(channel, run)
            with run.lock:
                run.running = False
            draw(channel, run)
            assert [drawn["picture"] is None for drawn in scripts] == [False, False, True, False]
            assert [drawn["running"] for drawn in scripts] == [False, True, True, False]

    over_a_server(test)


def test_training_stops_a_moment_after_the_last_browser_has_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "AFTERWARDS", 0.1)
    run = Run()
    channel = channel_of(run)

    async def test(address: str) -> None:
        run.running = True
        draw(channel, run)
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            await Browser(socket).next()
        await asyncio.sleep(0.5)
        steps = run.steps
        await asyncio.sleep(0.2)
        assert run.steps == steps > 0
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            browser = Browser(socket)  # after its return, training continues
            await browser.next()
            await browser.next()
            assert browser.steps > steps

    over_a_server(test)


def test_several_browsers_share_the_pictures() -> None:
    run = Run()
    channel = channel_of(run)
    drawn: list[int] = []

    def count(*, resume: bool) -> Picture:
        drawn.append(run.steps)
        return run.picture(resume=resume)

    async def follow(address: str) -> list[int]:
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            browser = Browser(socket)
            return [(await browser.next())["sequence"] for _ in range(10)]

    async def test(address: str) -> None:
        run.running = True
        channel.show(run, count, lambda: False)
        seen = await asyncio.gather(*(follow(address) for _ in range(MOST_CONNECTIONS)))
        run.running = False
        assert len(drawn) <= 15, "each would need its own ten"
        assert all(sequences == sorted(set(sequences)) for sequences in seen)

    over_a_server(test)


@pytest.mark.parametrize("word", ["now", "", "ready" * 1000, b"ready", b"\x00" * 100_000])
def test_a_damaged_word_closes_the_connection_and_nothing_else(word: str | bytes) -> None:
    run = Run()
    channel = channel_of(run)

    async def test(address: str) -> None:
        run.running = True
        draw(channel, run)
        url = f"{address}/live/{channel.name}"
        async with websockets.connect(url) as other, websockets.connect(url) as socket:
            await Browser(socket).next()
            await socket.send(word)
            assert await closing_code(socket) == 4403
            await Browser(other).next()

    over_a_server(test)


def test_too_many_words_close_the_connection() -> None:
    run = Run()
    channel = channel_of(run)

    async def test(address: str) -> None:
        draw(channel, run)
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            with suppress(websockets.ConnectionClosed):
                for _ in range(300):
                    await socket.send("ready")
            assert await closing_code(socket) == 4429

    over_a_server(test)


def test_a_wrong_or_old_name_opens_nothing() -> None:
    channel = channel_of(Run())
    old = channel.name
    del channel
    gc.collect()
    assert find_channel(old) is None

    async def test(address: str) -> None:
        for name in (old, "x", "%00", "a" * 2000):
            async with websockets.connect(f"{address}/live/{name}") as socket:
                assert await closing_code(socket) == 4404

    over_a_server(test)


def test_another_site_cannot_open_a_channel() -> None:
    channel = channel_of(Run())

    async def test(address: str) -> None:
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(f"{address}/live/{channel.name}", origin="http://evil.test")  # type: ignore[arg-type]

    over_a_server(test)


def test_one_channel_has_few_connections() -> None:
    channel = channel_of(Run())

    async def test(address: str) -> None:
        url = f"{address}/live/{channel.name}"
        sockets = [await websockets.connect(url) for _ in range(MOST_CONNECTIONS + 1)]
        assert await closing_code(sockets[-1]) == 4429
        for socket in sockets:
            await socket.close()

    over_a_server(test)


def test_watchers_see_every_picture_of_the_owner_and_its_pause() -> None:
    run, channel = watched_channel()

    async def test(address: str) -> None:
        draw(channel, run)
        url = f"{address}/live/"
        async with (
            websockets.connect(url + channel.name) as socket,
            websockets.connect(url + channel.watch_name) as other,
        ):
            owner, watcher = Browser(socket), Browser(other)
            assert not (await watcher.next())["running"]  # the run has not started
            run.running = True
            draw(channel, run)
            for _ in range(5):
                head, seen = await owner.next(), await watcher.next()
                assert (seen["sequence"], seen["script"]) == (head["sequence"], 0)
                assert watcher.parts == owner.parts
            assert "1 person is watching" in owner.parts["progress"].decode()
            with run.lock:
                run.running = False
            draw(channel, run)
            assert not (await watcher.next())["running"]
            assert watcher.steps == run.steps

    over_a_server(test)


def test_a_watcher_gets_pictures_while_the_tab_of_the_owner_is_hidden() -> None:
    run, channel = watched_channel()

    async def test(address: str) -> None:
        url = f"{address}/live/"
        async with (
            websockets.connect(url + channel.name),  # this browser is never ready
            websockets.connect(url + channel.watch_name) as other,
        ):
            run.running = True
            draw(channel, run)
            watcher = Browser(other)
            steps = [(await watcher.next(), watcher.steps)[1] for _ in range(4)]
            assert steps == sorted(set(steps))

    over_a_server(test)


def test_watchers_learn_that_the_owner_has_left_and_do_not_train_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "AFTERWARDS", 0.1)
    run, channel = watched_channel()

    async def until_told(watcher: Browser, *, left: bool) -> None:
        while (await watcher.next()).get("left") is not left:
            pass

    async def test(address: str) -> None:
        run.running = True
        draw(channel, run)
        async with websockets.connect(f"{address}/live/{channel.watch_name}") as other:
            watcher = Browser(other)
            async with websockets.connect(f"{address}/live/{channel.name}") as socket:
                await Browser(socket).next()
            await until_told(watcher, left=True)
            steps = run.steps
            await asyncio.sleep(0.2)
            assert run.steps == steps
            async with websockets.connect(f"{address}/live/{channel.name}") as socket:
                await Browser(socket).next()
                while watcher.steps <= steps:
                    await watcher.next()

    over_a_server(test)


def test_the_owner_ends_the_watching_with_the_switch_and_by_leaving() -> None:
    channels_of_two = [watched_channel()[1], watched_channel()[1]]
    names = [channel.watch_name for channel in channels_of_two]

    async def test(address: str) -> None:
        sockets = [await websockets.connect(f"{address}/live/{name}") for name in names]
        for socket in sockets:
            await socket.send("ready")
        await asyncio.sleep(0.05)
        channels_of_two.pop().let_watch(False)
        channels_of_two.clear()
        gc.collect()
        for socket, name in zip(sockets, names, strict=True):
            assert await closing_code(socket) == 4404
            assert find_channel(name) is None
            assert find_watched(name) is None

    over_a_server(test)


def test_a_watcher_who_comes_late_gets_the_whole_clip_of_a_paused_run() -> None:
    bench = Bench(ReinforceConfig(hidden_sizes=(8,), seed=10))
    info = ENVIRONMENTS[bench.session.config.env_id]
    plane = Slice(info, *info.heatmap_axes, (0.0,) * len(info.axes))
    player = Player(bench.session)

    def picture(*, resume: bool) -> Picture:
        panel = player.show(bench, plane, resume=resume).panel
        return Picture([panel], [Number("steps", "1", "")], more=player.has_more)

    channel = Channel(LivePage(key="page"), bench)
    channel.let_watch(True)

    async def clip_of(browser: Browser) -> list[Any]:
        frames: list[Any] = []
        while True:
            try:
                await asyncio.wait_for(browser.next(), 0.5)
            except TimeoutError:
                return frames
            panel, part = (json.loads(browser.parts[name]) for name in ("player", "player/frames"))
            assert not frames or panel["first"] == len(frames)
            frames += [frame["caption"] for frame in part]

    async def test(address: str) -> None:
        channel.show(bench, picture, lambda: False)
        url = f"{address}/live/"
        async with websockets.connect(url + channel.name) as socket:
            rest = await clip_of(Browser(socket))  # without the first part
        for _ in range(2):
            async with websockets.connect(url + channel.watch_name) as socket:
                clip = await clip_of(Browser(socket))
            assert len(clip) == len(player._reel.clip) > 20
            assert clip[20:] == rest

    over_a_server(test)


def test_an_error_in_the_training_comes_to_the_page() -> None:
    run = Run()
    channel = channel_of(run)

    async def test(address: str) -> None:
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            run.running = True
            draw(channel, run)
            await Browser(socket).next()
            run.error = ZeroDivisionError("in the training")
            while not (await Browser(socket).next()).get("outdated"):
                pass
            with pytest.raises(ZeroDivisionError):
                draw(channel, run)

    over_a_server(test)


USUAL: dict[str, Any] = {"env_id": "CartPole-v1", "stop_when_solved": False, "total_steps": 1000}
IN_COMPANY: list[AgentConfig] = [
    ReinforceConfig(hidden_sizes=(8,), **USUAL),
    short_cell(body="shared", critic_data="on_policy", **USUAL),
    short_cell(body="split", critic_data="replay", **USUAL),
]


def test_runs_in_company_watched_and_paused_are_the_runs_alone() -> None:
    benches = [Bench(config) for config in IN_COMPANY]

    async def watch(address: str, bench: Bench) -> None:
        info = ENVIRONMENTS[bench.session.config.env_id]
        plane = Slice(info, *info.heatmap_axes, (0.0,) * len(info.axes))
        player = Player(bench.session)

        def picture(*, resume: bool) -> Picture:
            return Picture([player.show(bench, plane, follows=True, resume=resume).panel])

        channel = Channel(LivePage(key="page"), bench)
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            browser = Browser(socket)
            for halfway in (True, False):
                bench.speed = 500.0 if halfway else 2_000.0  # time enough to pause at step 300
                with bench.lock:
                    bench.run()
                channel.show(bench, picture, lambda: False)
                while not (await browser.next()).get("outdated"):
                    if halfway and bench.session.global_step > 300:
                        with bench.lock:
                            bench.pause()
                        break

    async def test(address: str) -> None:
        await asyncio.gather(*(watch(address, bench) for bench in benches))

    over_a_server(test)
    for bench in benches:
        alone = TrainingSession(bench.session.config)
        alone.advance("step", alone.config.total_steps)
        assert bench.session.global_step == alone.global_step == 1000
        assert state_of(bench.session) == state_of(alone)


def state_of(session: TrainingSession) -> list[list[float]]:
    networks = session.networks.values()
    parameters = [p.detach().flatten().tolist() for of in networks for p in of.parameters()]
    return [session.history.episodes["episode_return"].tolist(), *parameters]


def test_the_route_is_below_the_path_of_the_app() -> None:
    for base in ("lab", "/lab", "lab/", "/lab/"):
        assert live_route(base).path == "/lab/live/{name}"
    assert live_route("").path == "/live/{name}"


def test_the_busier_the_server_the_slower_all_pictures_but_not_without_end() -> None:
    rhythm = Rhythm()
    assert rhythm.rest == 0
    usual, frames, slow = rhythm.interval, rhythm.frames_per_second, rhythm.slow
    rhythm.looking = 100
    for _ in range(500):
        rhythm.note(0.004, 0.2)
    assert (slow, rhythm.slow) == (False, True)
    assert usual < rhythm.interval <= LONGEST
    assert rhythm.interval == pytest.approx(100 * 0.004 / SHARE, rel=0.01)
    assert rhythm.frames_per_second < frames
    assert 0 < rhythm.rest < LONGEST_REST
    rhythm.looking = 10_000
    assert rhythm.interval == LONGEST
    assert rhythm.frames_per_second == FEWEST_FRAMES_PER_SECOND
    rhythm.note(0.004, 1_000.0)
    assert rhythm.rest == LONGEST_REST


def test_on_a_full_server_a_run_waits_says_so_and_then_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = [True]
    turns = Turns(1, has_room=lambda _training: not full[0])
    monkeypatch.setattr(channels, "shared_turns", lambda: turns)
    run = Run()
    channel = channel_of(run)

    async def test(address: str) -> None:
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            run.running = True
            draw(channel, run)
            browser = Browser(socket)
            await browser.next()
            assert "starts as soon as there is room" in browser.parts["progress"].decode()
            await socket.send("ready")
            with pytest.raises(TimeoutError):  # a waiting run sends no pictures
                await asyncio.wait_for(socket.recv(), 0.3)
            assert run.steps == 0
            full.clear()
            full.append(False)
            await browser.next(ready=False)
            assert "starts as soon as" not in browser.parts["progress"].decode()
            while not browser.steps:
                await browser.next()

    over_a_server(test)


def test_a_run_that_is_paused_while_it_waits_shows_its_whole_clip(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = Turns(1, has_room=lambda _training: False)
    monkeypatch.setattr(channels, "shared_turns", lambda: turns)
    run = Run()
    channel = channel_of(run)

    def part(*, resume: bool) -> Picture:
        return replace(run.picture(), more=not resume)

    async def test(address: str) -> None:
        async with websockets.connect(f"{address}/live/{channel.name}") as socket:
            run.running = True
            draw(channel, run)
            browser = Browser(socket)
            waiting = await browser.next()
            run.running = False
            channel.show(run, part, lambda: False)
            assert (await browser.next())["sequence"] > waiting["sequence"]

    over_a_server(test)


def test_a_slow_server_says_how_many_train(monkeypatch: pytest.MonkeyPatch) -> None:
    rhythm = Rhythm()
    monkeypatch.setattr(channels, "shared_rhythm", lambda: rhythm)
    run = Run()
    channel, picture = channel_of(run), run.picture()
    assert channel._with_company(picture) is picture
    rhythm.looking = 100
    told = channel._with_company(picture).progress
    assert told is not None
    assert told.label == "half · 100 people are training here"
    assert json.dumps(told.fraction) == "0.5"
