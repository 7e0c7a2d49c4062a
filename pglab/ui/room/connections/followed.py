"""A room that phones of this process show. Each message is made once for all phones."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from pglab.classroom.progress import Answer
from pglab.classroom.room.membership import Member
from pglab.classroom.room.opening import Room
from pglab.classroom.room.own_runs.training import plan_of
from pglab.classroom.room.state import RoomError
from pglab.classroom.room.tallies import Tally, tally
from pglab.classroom.room.watch import News, Problem, RoomSnapshot, sentence_of
from pglab.language import current_language
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.room.sharing import SharedRooms, in_thread
from pglab.ui.room.view import Shown, view_of

AGAIN = 1.0  # seconds until the next attempt to read what phones need
_log = logging.getLogger(__name__)


class Follower(Protocol):
    """A phone that shows a room."""

    member: Member

    async def close(self, code: int) -> None:
        """Close the connection of the phone."""

    def note_news(self) -> None:
        """Note that the room has changed, or that there is a sentence about the room."""

    def note_answer(self, step: int, answer: Answer) -> None:
        """Note that the library has stored this answer of the member."""

    def note_move(self, step: int) -> None:
        """Note that the member has moved to another step."""


class FollowedRoom:
    """The latest state of a room, and the phones that show the room.

    Only the thread of the server may use this object.
    """

    def __init__(self, rooms: SharedRooms, room: Room) -> None:
        self.room = room
        self.shown: Shown | None = None  # None until the watch has told the state
        self.problem: Problem | None = None  # why there is no news
        self.phones: dict[Follower, None] = {}  # in the order in which they came
        self._rooms = rooms
        self._texts: dict[tuple[str, int, bool], asyncio.Task[str]] = {}
        self._latest: RoomSnapshot | None = None
        self._taking: asyncio.Task[None] | None = None
        self._stop: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to watch the room.

        Raises:
            LibraryUnavailable: the library cannot be used now.
        """
        loop = asyncio.get_running_loop()

        def tell(news: News) -> None:
            with suppress(RuntimeError):  # the server is stopping
                loop.call_soon_threadsafe(self._take, news)

        self._stop = self._rooms.watch().watch(self.room.room, tell)

    def stop(self) -> None:
        """Stop watching the room."""
        self._stop()
        for task in (self._taking, *self._texts.values()):
            if task is not None:
                task.cancel()

    @property
    def sentence(self) -> str:
        """A sentence about the problem, in the caller's language; "" if there is no problem."""
        return "" if self.problem is None else sentence_of(self.problem)

    async def text(self, number: int, *, has_answered: bool) -> str:
        """Return the message that shows a step on a phone; see `view_of`.

        Call this method only after `shown` is known.
        """
        shown = self.shown
        assert shown is not None
        key = current_language(), number, has_answered and shown.state.mode == "free"
        if key not in self._texts:
            making = in_thread(self._made, shown, number, key[-1])
            self._texts[key] = asyncio.ensure_future(making)
        return await asyncio.shield(self._texts[key])

    def _made(self, shown: Shown, number: int, has_answered: bool) -> str:
        view = view_of(self.room.lesson, shown, number, has_answered=has_answered)
        return json.dumps({"view": view})

    def _take(self, news: News) -> None:
        """Receive news from the watch of the room."""
        if isinstance(news, str):
            self.problem = news
            self._tell_phones()
            return
        self._latest = news
        if self._taking is None:
            self._taking = asyncio.create_task(self._prepare())
            self._taking.add_done_callback(self._end_taking)

    def _end_taking(self, taking: asyncio.Task[None]) -> None:
        self._taking = None
        if not taking.cancelled() and taking.exception() is not None:
            _log.error("Phones cannot show the news of a room.", exc_info=taking.exception())

    async def _prepare(self) -> None:
        """Read everything that phones need, then let them show the latest state."""
        while self._latest is not None:
            snapshot, self._latest = self._latest, None
            before = self.shown, self.problem
            try:
                self.shown, self.problem = await in_thread(self._read, snapshot, self.shown), None
            except LibraryUnavailable as error:
                _log.warning("Phones get no news of a room: %s", error)
                self.problem = "away"
                await asyncio.sleep(AGAIN)
                self._latest = self._latest or snapshot
            if self.shown is not before[0]:
                self._texts = {}
            if (self.shown, self.problem) != before:
                self._tell_phones()

    def _read(self, snapshot: RoomSnapshot, before: Shown | None) -> Shown:
        """Return what phones may show. Read only what is not yet in `snapshot` or `before`."""
        state = snapshot.state
        if before is not None and before.state == state:
            return before
        # Nobody answers a question again whose answers are revealed, so these tallies never change.
        tallies: dict[int, Tally] = {} if before is None else dict(before.tallies)
        revealed = [n for n, of in enumerate(state.questions, start=1) if of == "revealed"]
        for number in revealed:
            if number not in tallies:
                is_told = number == state.step
                tallies[number] = snapshot.tally if is_told else self._tally(number)
        steps = [state.step] if state.mode == "paced" else range(1, len(state.questions) + 1)
        training = frozenset(number for number in steps if self._trains(number))
        return Shown(state, tallies, training)

    def _tally(self, number: int) -> Tally:
        return tally(self._rooms.library(), self.room, number)

    def _trains(self, number: int) -> bool:
        try:
            return plan_of(self._rooms.library(), self.room.room, number) is not None
        except RoomError:  # the page for training says what is wrong with the plan
            return True

    def _tell_phones(self) -> None:
        for phone in self.phones:
            phone.note_news()
