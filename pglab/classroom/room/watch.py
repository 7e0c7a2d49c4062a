"""Tells the pages of one process about changes in rooms, even if another process makes them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy import Connection

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import Lesson
from pglab.classroom.room.codes import LIMITS
from pglab.classroom.room.opening import NoSuchRoom, load_room, no_such_room
from pglab.classroom.room.state import RoomState, damaged_room, state_of
from pglab.classroom.room.tallies import StepCount, Tally, counts_of, tally_of
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.store.rooms import answers, polling
from pglab.library.store.rooms.guesses import may_try

SECONDS = 0.5  # between two polls
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RoomSnapshot:
    """Everything that the projector shows of a room, except names. Times are seconds since 1970."""

    room: str
    code: str
    full_code: str
    short_code_works: bool  # otherwise, the wall shows the full code instead
    door_until: float  # until then, the short code can work
    expires: float
    state: RoomState
    members: int
    present: int
    counts: tuple[StepCount, ...]  # for each step of the lesson
    tally: Tally  # of the step that the room shows; before "revealed", only for the teacher
    runs_changed: int  # grows when a run was saved
    returns_changed: int  # grows when a member has tried by hand


Problem = Literal["gone", "damaged", "away"]  # the room, the room, or the library
News = RoomSnapshot | Problem
Listener = Callable[[News], None]


def sentence_of(problem: Problem) -> str:
    """Return a sentence about the problem for the pages of the room, in the caller's language."""
    if problem == "gone":
        return no_such_room()
    if problem == "damaged":
        return damaged_room()
    return _("The app cannot reach its database now. It tries again by itself.")


@dataclass
class _Subscriber:
    """A listener, and the last news that the listener has received."""

    listener: Listener
    told: News | None = None


@dataclass
class _Watched:
    """A room with its listeners."""

    subscribers: dict[object, _Subscriber] = field(default_factory=dict)
    lesson: Lesson | None = None
    seen: object = None  # from which the last news were made
    news: News | None = None


class RoomWatch:
    """Polls each watched room with one command, and calls the room's listeners after each change.

    All listeners run in one thread of this object, one after another, so they must be quick. The
    thread ends when nobody listens any more.
    """

    def __init__(self, library: Library, seconds: float = SECONDS) -> None:
        """`seconds` is the time between two polls."""
        self._library, self._seconds = library, seconds
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._watched: dict[str, _Watched] = {}
        self._thread: threading.Thread | None = None

    def watch(self, room: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` soon with the state of a room, and then after each change.

        Returns:
            A function that stops the calls. A call that has already begun may still go on.
        """
        token = object()
        with self._lock:
            self._watched.setdefault(room, _Watched()).subscribers[token] = _Subscriber(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="rooms", daemon=True)
                self._thread.start()
        self._wake.set()

        def stop() -> None:
            with self._lock:
                watched = self._watched.get(room)
                if watched is not None:
                    watched.subscribers.pop(token, None)
                    if not watched.subscribers:
                        del self._watched[room]
            self._wake.set()

        return stop

    def poke(self) -> None:
        """Poll now, because this process has changed a room."""
        self._wake.set()

    @property
    def is_running(self) -> bool:
        """True while somebody listens."""
        with self._lock:
            return self._thread is not None

    def _run(self) -> None:
        try:
            self._poll_while_anybody_listens()
        except BaseException:  # a mistake of this program: the next call of `watch` starts again
            with self._lock:
                self._thread = None
            raise

    def _poll_while_anybody_listens(self) -> None:
        while True:
            self._wake.clear()
            with self._lock:
                if not self._watched:
                    self._thread = None
                    return
                rooms = list(self._watched.items())
            for room, watched in rooms:
                watched.news = self._news(room, watched)
                self._tell(watched)
            self._wake.wait(self._seconds)

    def _news(self, room: str, watched: _Watched) -> News:
        """Return the news about a room; return the same object as before if nothing has changed."""
        try:
            if watched.lesson is None:
                watched.lesson = load_room(self._library, room).lesson
            lesson = watched.lesson
            return self._library.read(lambda c: _read(c, room, lesson, watched))
        except (LessonError, LibraryUnavailable) as error:
            watched.seen = None
            problem = _problem_of(error)
            if problem != watched.news:
                _log.warning("Pages get no news of a room: %s", error)
            return problem

    def _tell(self, watched: _Watched) -> None:
        with self._lock:
            subscribers = list(watched.subscribers.values())
        for subscriber in subscribers:
            if subscriber.told is not watched.news and watched.news is not None:
                subscriber.told = watched.news
                try:
                    subscriber.listener(watched.news)
                except Exception:  # one page that fails must not stop the others
                    _log.exception("A page could not show the news of a room.")


def _problem_of(error: LessonError | LibraryUnavailable) -> Problem:
    if isinstance(error, LibraryUnavailable):
        return "away"
    return "gone" if isinstance(error, NoSuchRoom) else "damaged"


def _read(connection: Connection, room: str, lesson: Lesson, watched: _Watched) -> News:
    now = time.time()
    poll = polling.poll(connection, room, now)
    if poll is None:
        raise NoSuchRoom
    row, state = poll.row, state_of(poll.row)
    door_is_open = row.door_until > now and not state.ended
    works = door_is_open and may_try(poll.doors, poll.used, 0, LIMITS)
    # How many attempts are used concerns the room only if short codes stop working.
    seen = replace(poll, doors=0, used=0), works
    if watched.news is not None and seen == watched.seen:
        return watched.news
    watched.seen = seen
    question = lesson.steps[state.step - 1].question
    return RoomSnapshot(
        room=room,
        code=row.code,
        full_code=row.code + row.rest,
        short_code_works=works,
        door_until=row.door_until,
        expires=row.expires,
        state=state,
        members=poll.members,
        present=poll.present,
        counts=counts_of(polling.step_rows(connection, room, now), lesson),
        tally=tally_of(answers.counted(connection, room, state.step), question),
        runs_changed=poll.runs,
        returns_changed=poll.returns,
    )
