"""Saves the runs of all visits, beside training and drawing."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from weakref import WeakSet

from pglab.library.contents import Facts, RunContents
from pglab.library.encoding import encoded
from pglab.library.reopening import visit_facts
from pglab.library.snapshot import contents_of
from pglab.library.state.run import can_be_stored
from pglab.library.store.kept import KeptRun, new_address
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.problems import LibraryUnavailable, TakenOver
from pglab.library.store.summary import summary_of
from pglab.session.bench import Bench
from pglab.session.rewinding.transition_blocks import Block
from pglab.session.training_session import TrainingSession

INTERVAL = 3.5  # seconds between two saves of a run in progress: at most five may be lost
ROUND = 0.5  # seconds between two looks at all runs; a paused run is saved at the next look
PATIENCE = 0.1  # seconds of waiting for a run that another thread uses
KEPT_FOR = 10.0  # seconds: so long a run stays in memory after its page was closed
AGAIN = 60.0  # seconds until the next attempt to open a library that could not be opened


class SharedLibrary:
    """The library of this process. If it cannot be used, the app goes on without it."""

    def __init__(self, opening: Callable[[], Library] = open_library) -> None:
        self._opening = opening
        self._lock = threading.Lock()
        self._library: Library | None = None
        self._next_attempt = 0.0
        self.problem: str | None = None  # a sentence: why the library cannot be used

    def get(self) -> Library | None:
        """The library, or None if it cannot be used now; then `problem` says why."""
        with self._lock:
            if self._library is None and time.monotonic() >= self._next_attempt:
                try:
                    self._library, self.problem = self._opening(), None
                except LibraryUnavailable as error:
                    self.note(error)
            return self._library

    def note(self, error: LibraryUnavailable) -> None:
        """Remember that the library could not be used; after a minute, it is opened again."""
        if self.problem is None:
            logging.getLogger(__name__).warning("Runs are not saved: %s", error)
        self._library, self.problem = None, str(error)
        self._next_attempt = time.monotonic() + AGAIN


@cache
def shared_library() -> SharedLibrary:
    """The library of this process."""
    return SharedLibrary()


@dataclass(frozen=True)
class _Mark:
    """What a save depends on; if nothing of it has changed, there is nothing to save."""

    run: int
    global_step: int
    outcome: str | None
    changes: int
    visit: str


class Keeper:
    """Saves the runs of one visitor's page. Each run of the page has an address of its own."""

    def __init__(self, bench: Bench, owner: str) -> None:
        """Make a keeper that has saved nothing yet; `owner` is the key of the visitor's browser."""
        self.bench = bench
        self.owner = owner
        # What else comes back with a run, such as the visitor's guesses.
        self.visit: Callable[[], Facts] = dict
        # Whether a browser shows the run now. After a reload, another page asks for the same run.
        self.is_watched: Callable[[], bool] = lambda: False
        self.taken_over = False  # whether the run was opened in another tab, which now saves it
        self._writer = secrets.token_urlsafe(16)
        self._addresses: dict[int, str] = {}  # of the page's runs, by their numbers
        self._session: TrainingSession = bench.session
        self._run = bench.run_number
        self._saved: _Mark | None = None
        self._saved_at = 0.0
        self._blocks: tuple[Block, ...] = ()
        self._copied: TrainingSession | None = None  # the run that began as a copy, and the step
        self._copied_at = 0
        self._saving = threading.Lock()

    @property
    def address(self) -> str | None:
        """The address of the current run; None if there is nothing to store yet, or never will be.

        A copy has an address of its own as soon as it has continued.
        """
        session = self.bench.session
        begun = session.global_step > (self._copied_at if session is self._copied else 0)
        if self.taken_over or not (begun or self.bench.running):
            return None
        if not can_be_stored(session.config):
            return None
        return self._address_of(self.bench.run_number)

    def addresses(self) -> dict[int, str]:
        """The addresses of the page's runs, by their numbers."""
        return dict(self._addresses)

    def adopt(self, library: Library, addresses: dict[int, str]) -> None:
        """Go on saving the current run at its address; an earlier tab stops saving it."""
        self._addresses = dict(addresses)
        library.take_over(self._addresses[self.bench.run_number], self.owner, self._writer)

    def copy(self, addresses: dict[int, str]) -> None:
        """Leave the stored run as it is; if it continues here, save it at a new address.

        `addresses` are those of the page's runs.
        """
        self._addresses = dict(addresses)
        self._addresses.pop(self.bench.run_number, None)
        self._copied, self._copied_at = self.bench.session, self.bench.session.global_step
        self.taken_over, self._saved = False, None

    def release(self, library: Library) -> None:
        """Pause the run, save its present state, and save nothing more.

        Raises:
            LibraryUnavailable: the run could not be saved.
        """
        with self.bench.lock:
            self.bench.pause()
        self.save(library, at_once=True)
        self.taken_over = True

    def _address_of(self, number: int) -> str:
        return self._addresses.setdefault(number, new_address())

    def save(self, library: Library, *, at_once: bool = False) -> None:
        """Save the current run if it has changed; during training, only now and then.

        Raises:
            LibraryUnavailable: the run could not be saved.
            TimeoutError: another thread uses the run.
        """
        with self._saving:
            if self.taken_over:
                return
            with self.bench.lock.within(PATIENCE):
                taken = self._take(at_once)
            if taken is None:
                return
            mark, contents, address = taken
            try:
                library.save(self._kept(address, contents))
                library.save_visit(address, mark.visit)
            except TakenOver:
                self.taken_over = True
                return
            self._saved, self._saved_at = mark, time.monotonic()

    def _take(self, at_once: bool) -> tuple[_Mark, RunContents, str] | None:
        """Copy what must be saved; None if there is nothing to save now."""
        bench = self.bench
        if bench.session is not self._session or bench.run_number != self._run:
            self._session, self._run, self._saved = bench.session, bench.run_number, None
            self._blocks = ()
        # A run that was rewound keeps its furthest step until it is forked.
        if self.address is None or bench.rewound:
            return None
        waited = time.monotonic() - self._saved_at >= INTERVAL
        if bench.running and self._saved is not None and not (waited or at_once):
            return None
        mark = self._mark()
        if mark == self._saved:
            return None
        contents = contents_of(bench.session, self._blocks)
        self._blocks = contents.state.blocks
        return mark, contents, self._address_of(bench.run_number)

    def _mark(self) -> _Mark:
        bench, session = self.bench, self.bench.session
        visit = visit_facts(bench, self._addresses) | self.visit()
        return _Mark(
            bench.run_number,
            session.global_step,
            session.outcome,
            len(session.history.changes),
            json.dumps(visit),
        )

    def _kept(self, address: str, contents: RunContents) -> KeptRun:
        return KeptRun(
            address=address,
            owner=self.owner,
            writer=self._writer,
            data=encoded(contents),
            blocks=contents.state.blocks,
            summary=summary_of(contents),
        )


class Saver:
    """One thread that saves the runs of all visits, one after another."""

    def __init__(self, shared: SharedLibrary) -> None:
        self._shared = shared
        self._keepers: WeakSet[Keeper] = WeakSet()
        # Runs whose pages were shown until a moment ago stay in memory until they are saved.
        self._shown: dict[Keeper, float] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._work, name="saver", daemon=True).start()

    def add(self, keeper: Keeper) -> None:
        """Save the runs of this keeper from now on, as long as the visit exists."""
        with self._lock:
            self._keepers.add(keeper)

    def hand_over(self, library: Library, address: str, owner: str) -> bool:
        """Prepare a run of this process for being opened again.

        If no browser shows the run any more, its present state is saved, and its former page stops.

        Returns:
            True if another tab of the same browser still shows the run.

        Raises:
            LibraryUnavailable: the run could not be saved.
        """
        with self._lock:
            found = [k for k in self._keepers if k.owner == owner and k.address == address]
        for keeper in found:
            if keeper.is_watched():
                return True
            keeper.release(library)
        return False

    def _work(self) -> None:
        while True:
            time.sleep(ROUND)
            library = self._shared.get()
            if library is not None:
                self.save_all(library)

    def save_all(self, library: Library) -> None:
        """Save every run that is due."""
        now = time.monotonic()
        with self._lock:
            keepers = list(self._keepers)
            self._shown |= {keeper: now for keeper in keepers if keeper.is_watched()}
            self._shown = {k: seen for k, seen in self._shown.items() if now - seen < KEPT_FOR}
        for keeper in keepers:
            try:
                keeper.save(library)
            except TimeoutError:
                continue  # the run is in use; its turn comes again in the next round
            except LibraryUnavailable as error:
                self._shared.note(error)
                return


@cache
def shared_saver() -> Saver:
    """The saver of this process."""
    return Saver(shared_library())
