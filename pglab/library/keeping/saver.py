"""Saves the runs of all visits in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar
from weakref import WeakSet

from pglab.library.keeping.keeper import Keeper
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.problems import LibraryUnavailable

Result = TypeVar("Result")

ROUND = 0.5  # seconds between two looks at all runs; a paused run is saved at the next look
KEPT_FOR = 10.0  # seconds: so long a run stays in memory after its page was closed
AGAIN = 60.0  # seconds until the next attempt to open a library that could not be opened


class SharedLibrary:
    """The library of this process. If the library cannot be used, the app works without it."""

    def __init__(self, opening: Callable[[], Library] = open_library) -> None:
        self._opening = opening
        self._lock = threading.Lock()
        self._library: Library | None = None
        self._next_attempt = 0.0
        self.problem: str | None = None  # a sentence: why the library cannot be used

    def get(self) -> Library | None:
        """Return the library. If it cannot be used now, return None; `problem` then says why."""
        with self._lock:
            if self._library is None and time.monotonic() >= self._next_attempt:
                try:
                    self._library, self.problem = self._opening(), None
                except LibraryUnavailable as error:
                    self.note(error)
            return self._library

    def use(self, work: Callable[[Library], Result]) -> Result | None:
        """Let `work` use the library; return None if the library cannot be used."""
        library = self.get()
        if library is None:
            return None
        try:
            return work(library)
        except LibraryUnavailable as error:
            self.note(error)
            return None

    def note(self, error: LibraryUnavailable) -> None:
        """Remember that the library could not be used; `get` tries again after a minute."""
        if self.problem is None:
            logging.getLogger(__name__).warning("Runs are not saved: %s", error)
        self._library, self.problem = None, str(error)
        self._next_attempt = time.monotonic() + AGAIN


@cache
def shared_library() -> SharedLibrary:
    """The library of this process."""
    return SharedLibrary()


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
        """Save the runs of this keeper from now on, until the visit ends."""
        with self._lock:
            self._keepers.add(keeper)

    def hand_over(self, library: Library, address: str, owner: str) -> bool:
        """Save a run or a comparison of this process, so that a new page can open it.

        If another tab still shows the run or the comparison, nothing happens. Otherwise, the page
        that trains the run or the comparison pauses training and stops saving. But if `address`
        belongs to one run of a comparison, the comparison is saved and goes on, because the run is
        opened as a copy.

        Returns:
            True if another tab of the same browser still shows the run or the comparison.

        Raises:
            LibraryUnavailable: the run could not be saved.
        """
        with self._lock:
            found = [k for k in self._keepers if k.owner == owner and k.saves(address)]
        for keeper in found:
            if keeper.is_watched():
                return True
            if keeper.address == address:
                keeper.release(library)
            else:
                keeper.save_now(library)
        return False

    def _work(self) -> None:
        while True:
            time.sleep(ROUND)
            library = self._shared.get()
            if library is not None:
                self.save_all(library)

    def save_all(self, library: Library) -> None:
        """Save every run whose next save is due."""
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
