"""The live channel of a page trains the page's run and draws pictures for browsers."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from threading import Lock
from weakref import WeakValueDictionary

import streamlit as st

from pglab.language import _, ngettext, use_language
from pglab.session.sharing.turns import shared_turns
from pglab.ui.shell.fragments import LANGUAGE
from pglab.ui.shell.page_state import LivePage
from pglab.ui.shell.process.process_name import of_this_process
from pglab.ui.stage.driven import Draw, Driven, View
from pglab.ui.stage.message import Drawn, parts_of
from pglab.ui.stage.picture import Picture, PlayerPanel
from pglab.ui.stage.rhythm import shared_rhythm
from pglab.ui.stage.stage import now, stage

AFTERWARDS = 2.0  # seconds: a run trains for this time after its owner has disconnected
# The drawing thread waits for a busy run for at most `LONGEST_PATIENCE` seconds. If many visitors
# look, the thread waits for only `PATIENCE` seconds, divided by the number of visitors.
PATIENCE = 0.1
LONGEST_PATIENCE = 0.03  # a little longer than a turn of training
LATE = 1.5  # after this many intervals without a picture, watchers ask for the next picture
# Seconds that each watcher adds to the interval. The server needs about 0.0003 seconds to send a
# picture to one watcher, and needs time for other things.
WATCHER_COST = 0.0006


class Channel:
    """Connects the run of one page with the browsers that show this run.

    The browser of the run's owner opens the channel by a name that nobody can guess. If the owner
    allows it, other visitors (watchers) open the channel by a second name and see the same
    pictures. Three kinds of threads use a channel: the threads of Streamlit's scripts, the threads
    that train, and the thread that draws.
    """

    def __init__(self, page: LivePage, driven: Driven) -> None:
        """Make the channel of a page, and register the name with which a browser can open it."""
        self.name = _new_name()
        self.watch_name = ""  # if this is empty, only the owner may watch
        self.page = page
        self.path = ""  # the page's name in its address
        self.address: dict[str, str] = {}  # the parameters of the page's address
        self.driven = driven
        self.connections = 0  # number of open connections of the owner's browser
        self.outdated = False  # whether a Streamlit script must draw the page again
        self._error: Exception | None = None
        self._view: View | None = None
        self._language = ""
        self._shown: tuple[Drawn, ...] = ()  # the latest picture, after earlier parts of its clip
        self._publishing = Lock()
        self._drawing: asyncio.Future[Drawn | None] | None = None
        self.due = math.inf  # when the next turn of training is due
        self._unseen = False  # whether there is more to show than in the latest picture
        self._waits = False  # whether the run must wait until the server has room for it
        self._waiting_told = False
        self._open_until = -math.inf
        self._started: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._watching: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        _channels[self.name] = self

    # Methods for the threads of Streamlit's scripts

    def show(self, driven: Driven, draw: Draw, is_outdated: Callable[[], bool]) -> None:
        """Draw the stage of the page; see `page_channel.show` for the arguments."""
        with driven.lock:
            self.driven = driven
            self._language = st.session_state[LANGUAGE]
            self.outdated = False
            error, self._error = self._error, None
            busy = driven.busy
            picture = None
            if not (busy and self.connections):
                picture = self._with_company(draw(resume=self.page.without_channel))
                self.page.sequence += 1
                self._unseen = picture.more
            self.due = driven.next_turn
            sequence, script = self.page.sequence, now()
            self._view = View(driven, draw, is_outdated, script)
        if error is not None:
            raise error
        stage(
            picture,
            key=f"{self.page.key}.stage",
            sequence=sequence,
            running=busy,
            drawn=script,
            channel=self.name,
            landmark=True,
            on_outdated=self._redraw_page,
            on_refused=self._do_without,
        )
        if picture is not None and self.watch_name:
            parts, at = parts_of(picture), time.perf_counter()
            self._publish(Drawn(sequence, script, parts, busy, at, by_script=True), picture)
        if busy or self._unseen or self.watchers:
            self._start()

    def let_watch(self, allowed: bool) -> None:
        """Allow everybody who knows `watch_name` to watch; if `allowed` is false, allow nobody."""
        if allowed == bool(self.watch_name):
            return
        _channels.pop(self.watch_name, None)
        self.watch_name = _new_name() if allowed else ""
        if allowed:
            _channels[self.watch_name] = self
        _set(self._watching)

    def _redraw_page(self) -> None:
        self.page.page_is_stale = True

    def _do_without(self) -> None:
        self.page.page_is_stale = self.page.without_channel = True

    def _start(self) -> None:
        """Wake the threads that train, and the connections that wait for pictures."""
        if self.page.without_channel:
            self._open_until = time.perf_counter() + AFTERWARDS
        if self.is_open:
            shared_turns().join(self)
        _set(self._started)
        _set(self._watching)

    @property
    def is_open(self) -> bool:
        """Whether the run may train: the owner is connected, or was connected a moment ago."""
        return self.connections > 0 or time.perf_counter() < self._open_until

    # Methods for the threads that train

    def note_place(self, *, waits: bool) -> None:
        """Record whether the run must wait until the server has room for it."""
        self._waits, self._waiting_told = waits, False
        _set(self._started)

    @property
    def milliseconds_per_1000_steps(self) -> float | None:
        """Mean processor time of training 1000 steps of one run; None before the first step."""
        return self.driven.milliseconds_per_1000_steps

    def train(self) -> bool:
        """Train the run for one short turn; return False if another thread uses the run."""
        driven = self.driven
        with driven.lock.for_training() as free:
            if not free:
                return False
            begun = time.perf_counter()
            use_language(self._language)
            running = driven.running
            self._unseen = True
            try:
                driven.take_turn()
                self.due = driven.next_turn
                if self.due != -math.inf:
                    self.due = max(self.due, begun + self.interval)
            except Exception as error:
                self._error, self.due, self.outdated = error, math.inf, True
            if running and not driven.running:
                self.outdated = True
            if not self.is_open:
                self.due = math.inf
        time.sleep(shared_rhythm().rest)
        return True

    # Methods for the connections of browsers

    @property
    def watchers(self) -> int:
        """The number of watchers' connections; the owner's connections do not count."""
        return len(self._watching)

    @property
    def interval(self) -> float:
        """Seconds between two pictures of this run; with many watchers, this time is longer."""
        return max(shared_rhythm().interval, self.watchers * WATCHER_COST)

    def connect(self, started: asyncio.Event, *, watches: bool) -> None:
        """Register a connection of a browser.

        The channel sets the event `started` when a run starts. For watchers, the channel also sets
        this event after each picture.
        """
        if watches:
            self._watching[started] = asyncio.get_running_loop()
            started.set()
            return
        self._started[started] = asyncio.get_running_loop()
        self.connections += 1
        with self.driven.lock:
            self.due = self.driven.next_turn
        self._start()

    def disconnect(self, started: asyncio.Event, *, watches: bool) -> None:
        """Remove a connection. Soon after the owner's last connection closes, training stops."""
        if watches:
            del self._watching[started]
            return
        del self._started[started]
        self.connections -= 1
        self._open_until = time.perf_counter() + AFTERWARDS
        asyncio.get_running_loop().call_later(2 * AFTERWARDS, _set, self._watching)

    async def picture(self, sequence: int, *, watches: bool) -> Drawn | None:
        """Return a picture with a number greater than `sequence`, or None if the run has stopped.

        All connections share the pictures of an interval. A watcher's connection (`watches`) gets
        None, too, if the owner's browser will ask for the next picture. Raises TimeoutError if
        another thread uses the run; the caller should try again soon.
        """
        drawn = self._newer_than(sequence, watches)
        if drawn is not None or (watches and not self._must_draw):
            return drawn
        if self._drawing is None:
            loop, asked = asyncio.get_running_loop(), time.perf_counter()
            self._drawing = loop.run_in_executor(_drawing_thread(), self._draw, asked)
            self._drawing.add_done_callback(self._end_drawing)
        drawn = await asyncio.shield(self._drawing)
        return self._newer_than(sequence, watches) or drawn

    @property
    def _must_draw(self) -> bool:
        """True if a watcher must ask for the next picture.

        For example, the owner's browser asks for no pictures while its tab is hidden.
        """
        late = not self._shown or time.perf_counter() > self._shown[-1].at + LATE * self.interval
        return late and self.is_open

    def _end_drawing(self, drawing: asyncio.Future[Drawn | None]) -> None:
        self._drawing = None
        # If a drawing fails, all connections that wait for this drawing get the error.
        if not drawing.cancelled() and drawing.exception() is None and drawing.result():
            _set(self._watching)

    def _newer_than(self, sequence: int, watches: bool) -> Drawn | None:
        """Return a finished picture with a number greater than `sequence`, or None.

        The owner gets no picture of an earlier interval. Watchers get every kept picture, the
        oldest picture first.
        """
        for drawn in self._shown:
            if drawn.sequence <= sequence:
                continue
            if watches:
                return drawn
            if not (drawn.by_script or self.outdated):
                old = drawn.running and time.perf_counter() > drawn.at + self.interval
                return None if old else drawn
        return None

    def _draw(self, asked: float) -> Drawn | None:
        """Draw a picture in the drawing thread; return None if there is nothing new to show."""
        begun = time.perf_counter()
        patience = min(PATIENCE / max(shared_rhythm().looking, 1), LONGEST_PATIENCE)
        view = self._view
        if view is None:
            return None
        with view.driven.lock.within(patience):
            if view is not self._view:  # meanwhile, a script has drawn the page
                raise TimeoutError
            running = view.driven.busy
            moving = running and not self._waiting_told
            if self.outdated or not (moving or self._unseen):
                return None
            use_language(self._language)
            self._waiting_told = self._waits
            picture = view.draw(resume=True)
            self._unseen = picture.more
            self.outdated = view.is_outdated()
            self.page.sequence += 1
            sequence = self.page.sequence
        shared_turns().note_free(self)
        parts = parts_of(self._with_company(picture))
        drawn = self._publish(Drawn(sequence, view.script, parts, running, begun), picture)
        shared_rhythm().note(time.perf_counter() - begun, begun - asked)
        return drawn

    def _publish(self, drawn: Drawn, picture: Picture) -> Drawn:
        """Keep a picture for all connections, with the earlier parts of its clip."""
        players = [panel for panel in picture.panels if isinstance(panel, PlayerPanel)]
        drawn = replace(drawn, has_frames=any(player.frames for player in players))
        with self._publishing:
            if self._shown and drawn.sequence < self._shown[-1].sequence:
                return drawn  # meanwhile, a script has drawn a newer picture
            continues = self.watch_name and any(player.first for player in players)
            kept = self._shown if continues else ()
            if len(kept) > 1 and not (drawn.has_frames or kept[-1].has_frames):
                kept = kept[:-1]
            self._shown = (*kept, drawn)
        return drawn

    def _with_company(self, picture: Picture) -> Picture:
        """Add texts about watchers and about a busy or full server to the progress bar's label."""
        rhythm, told = shared_rhythm(), []
        if self._waits and self.driven.running:
            told.append(_("the server is full; this run starts as soon as there is room"))
        elif rhythm.slow:
            told.append(
                ngettext(
                    "{n} person is training here", "{n} people are training here", rhythm.looking
                ).format(n=rhythm.looking)
            )
        if self.watchers:
            told.append(
                ngettext("{n} person is watching", "{n} people are watching", self.watchers).format(
                    n=self.watchers
                )
            )
        if picture.progress is None or not told:
            return picture
        label = " · ".join([picture.progress.label, *told])
        return replace(picture, progress=replace(picture.progress, label=label))


def find_watched(name: str) -> Channel | None:
    """Return the channel whose watch name is `name`, or None if there is no such channel."""
    channel = _channels.get(name)
    return channel if channel is not None and name == channel.watch_name else None


def find_channel(name: str) -> Channel | None:
    """Return the channel whose name or watch name is `name`.

    Return None if there is no such channel, or if the channel's visit has ended.
    """
    return _channels.get(name)


def _new_name() -> str:
    """Make a name that nobody can guess. By this name, a proxy finds the channel's process."""
    return of_this_process(secrets.token_urlsafe(18))


def _set(events: dict[asyncio.Event, asyncio.AbstractEventLoop]) -> None:
    """Set the events; every thread may call this function."""
    of_loops: dict[asyncio.AbstractEventLoop, list[asyncio.Event]] = {}
    for event, loop in list(events.items()):
        of_loops.setdefault(loop, []).append(event)
    for loop, those in of_loops.items():
        loop.call_soon_threadsafe(_set_all, those)  # one call, because each call wakes the loop


def _set_all(events: list[asyncio.Event]) -> None:
    for event in events:
        event.set()


_channels: WeakValueDictionary[str, Channel] = WeakValueDictionary()


@cache
def _drawing_thread() -> ThreadPoolExecutor:
    """Return the pool whose one thread draws for all visitors; more threads would only wait."""
    return ThreadPoolExecutor(1, thread_name_prefix="drawing")
