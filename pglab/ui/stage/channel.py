"""The live channel of a page: it trains the page's run, and draws pictures for the browsers."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol
from weakref import WeakValueDictionary

import streamlit as st

from pglab.language import _, ngettext, use_language
from pglab.session.gate import Gate
from pglab.session.turns import shared_turns
from pglab.ui.shell.fragments import LANGUAGE, fragment
from pglab.ui.shell.page_state import LIVE, LivePage
from pglab.ui.stage.message import parts_of
from pglab.ui.stage.picture import Picture
from pglab.ui.stage.rhythm import shared_rhythm
from pglab.ui.stage.stage import now, stage

AFTERWARDS = 2.0  # seconds for which a run still trains after the last look
PATIENCE = 0.1  # seconds for which the drawing thread waits for a run; all who look share them
LONGEST_PATIENCE = 0.03  # a little longer than a turn of training
SLOWLY = 0.5  # seconds between two redraws of a page without a channel


class Draw(Protocol):
    """Makes a picture of a run; with `resume`, more of what the previous picture began to show."""

    def __call__(self, *, resume: bool) -> Picture:
        """Make the picture."""


class Driven(Protocol):
    """The object that a page trains: an agent's run with its further seeds, or a comparison."""

    lock: Gate

    @property
    def running(self) -> bool:
        """Whether training is in progress: it has been started, and is neither paused nor ended."""

    @property
    def busy(self) -> bool:
        """Whether the run is training, or its further seeds are catching up with it."""

    @property
    def next_turn(self) -> float:
        """When the next turn of training is due; infinity if none is."""

    def take_turn(self) -> None:
        """Train for a short time."""


@dataclass(frozen=True)
class View:
    """What a script has drawn, so that the channel can draw it again."""

    driven: Driven
    draw: Draw
    is_outdated: Callable[[], bool]
    script: int  # when the script has drawn it


@dataclass(frozen=True)
class Drawn:
    """A picture of a run, in parts, and the time of its drawing."""

    sequence: int
    script: int  # when a script has drawn the page before
    parts: dict[str, bytes]
    running: bool
    at: float


class Channel:
    """Connects the run of one page with the browsers that show it.

    Browsers open the channel by its name, which nobody can guess. Threads of three kinds use a
    channel: Streamlit's scripts, the threads that train, and the thread that draws.
    """

    def __init__(self, page: LivePage, driven: Driven) -> None:
        """Make the channel of a page, and let browsers find it."""
        self.name = secrets.token_urlsafe(18)
        self.page = page
        self.driven = driven
        self.connections = 0
        self.outdated = False  # whether a script must draw the page again
        self._error: Exception | None = None
        self._view: View | None = None
        self._language = ""
        self._drawn: Drawn | None = None
        self.due = math.inf  # when the next turn of training is due
        self._unseen = False  # whether the run has trained since the latest picture
        self._watched_until = -math.inf
        self._started: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        _channels[self.name] = self

    # For Streamlit's scripts

    def show(self, driven: Driven, draw: Draw, is_outdated: Callable[[], bool]) -> None:
        """Draw the stage, as the function `show` says."""
        with driven.lock:
            self.driven = driven
            self._language = st.session_state[LANGUAGE]
            self.outdated = False
            error, self._error = self._error, None
            busy = driven.busy
            picture = None
            if not (busy and self.connections):
                picture = draw(resume=self.page.without_channel)
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
        if busy or self._unseen:
            self._start()

    def _redraw_page(self) -> None:
        self.page.page_is_stale = True

    def _do_without(self) -> None:
        self.page.page_is_stale = self.page.without_channel = True

    def _start(self) -> None:
        """Wake the threads that train, and the connections."""
        if self.page.without_channel:
            self._watched_until = time.perf_counter() + AFTERWARDS
        if self._is_watched:
            shared_turns().join(self)
        for event, loop in list(self._started.items()):
            loop.call_soon_threadsafe(event.set)

    @property
    def _is_watched(self) -> bool:
        return self.connections > 0 or time.perf_counter() < self._watched_until

    # For the threads that train

    def train(self) -> bool:
        """Train the run for one turn; return False if the run is not free."""
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
                    self.due = max(self.due, begun + shared_rhythm().interval)
            except Exception as error:
                self._error, self.due, self.outdated = error, math.inf, True
            if running and not driven.running:
                self.outdated = True
            if not self._is_watched:
                self.due = math.inf
        time.sleep(shared_rhythm().rest)
        return True

    # For the connections

    def connect(self, started: asyncio.Event) -> None:
        """Count a connection; the event `started` is set whenever a run starts."""
        self._started[started] = asyncio.get_running_loop()
        self.connections += 1
        with self.driven.lock:
            self.due = self.driven.next_turn
        self._start()

    def disconnect(self, started: asyncio.Event) -> None:
        """Forget a connection; a moment after the last one, training stops."""
        del self._started[started]
        self.connections -= 1
        self._watched_until = time.perf_counter() + AFTERWARDS

    async def picture(self, sequence: int) -> Drawn | None:
        """Return a picture that is newer than `sequence`; None if the run has stopped.

        All connections share the pictures of an interval. Raises TimeoutError if the run is not
        free; then try again soon.
        """
        drawn = self._newer_than(sequence)
        if drawn is not None:
            return drawn
        loop = asyncio.get_running_loop()
        asked = time.perf_counter()
        return await loop.run_in_executor(_drawing_thread(), self._draw_newer, sequence, asked)

    def _newer_than(self, sequence: int) -> Drawn | None:
        """Return the latest picture if it is newer than `sequence` and its interval lasts."""
        drawn = self._drawn
        if drawn is None or self.outdated or drawn.sequence <= sequence:
            return None
        fresh = time.perf_counter() < drawn.at + shared_rhythm().interval
        return drawn if fresh else None

    def _draw_newer(self, sequence: int, asked: float) -> Drawn | None:
        """Draw a picture in the drawing thread, unless another connection has got a new one."""
        begun = time.perf_counter()
        known = self._newer_than(sequence)
        if known is not None:
            return known
        patience = min(PATIENCE / max(shared_rhythm().looking, 1), LONGEST_PATIENCE)
        view = self._view  # as a whole, since a script may replace it meanwhile
        if view is None:
            return None
        with view.driven.lock.within(patience):
            running = view.driven.busy
            if self.outdated or not (running or self._unseen):
                return None
            use_language(self._language)
            picture = view.draw(resume=True)
            self._unseen = picture.more
            self.outdated = view.is_outdated()
            self.page.sequence += 1
            sequence = self.page.sequence
        self._drawn = Drawn(sequence, view.script, parts_of(_with_company(picture)), running, begun)
        shared_rhythm().note(time.perf_counter() - begun, begun - asked)
        return self._drawn


def live_fragment(page: LivePage, draw: Callable[..., None]) -> Callable[..., None]:
    """Make the fragment that contains the stage; without a channel, it redraws itself slowly."""
    if page.without_channel:
        st.caption(
            _(
                "This browser cannot open the live connection to the server, so pictures come "
                "slowly. Maybe a proxy blocks WebSockets; reload the page to try again."
            )
        )
    return fragment(draw, LIVE, run_every=SLOWLY if page.without_channel else None)


def show(
    page: LivePage,
    driven: Driven,
    draw: Draw,
    is_outdated: Callable[[], bool] = lambda: False,
) -> None:
    """Draw a page's stage; during a run, its channel brings all further pictures.

    `draw` makes a picture, and `is_outdated` says whether the page must be drawn again. Both are
    called in other threads, so they must not read Streamlit's session state.
    """
    key = f"{page.key}.channel"
    channel: Channel | None = st.session_state.get(key)
    if channel is None:
        channel = st.session_state[key] = Channel(page, driven)
    channel.show(driven, draw, is_outdated)


def find_channel(name: str) -> Channel | None:
    """Return the channel with this name; None if there is none, or if its visit has ended."""
    return _channels.get(name)


def _with_company(picture: Picture) -> Picture:
    """Say in the progress bar why pictures come slowly, if they do."""
    rhythm = shared_rhythm()
    if picture.progress is None or not rhythm.slow:
        return picture
    told = ngettext(
        "{n} person is training here", "{n} people are training here", rhythm.looking
    ).format(n=rhythm.looking)
    label = f"{picture.progress.label} · {told}"
    return replace(picture, progress=replace(picture.progress, label=label))


_channels: WeakValueDictionary[str, Channel] = WeakValueDictionary()


@cache
def _drawing_thread() -> ThreadPoolExecutor:
    """The thread that draws for all visitors: two would only wait for each other."""
    return ThreadPoolExecutor(1, thread_name_prefix="drawing")
