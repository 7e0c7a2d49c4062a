"""Saves the run or the comparison that a visitor's page trains."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

from pglab.library.contents import Facts, RunContents
from pglab.library.snapshot import contents_of
from pglab.library.state.run import can_be_stored
from pglab.library.store.library import Library
from pglab.library.store.problems import RunDeleted, TakenOver
from pglab.library.store.runs.kept import KeptRun, new_key
from pglab.library.store.runs.summary import kept_of
from pglab.session.bench import Bench
from pglab.session.rewinding.transition_blocks import Block
from pglab.session.side_by_side.comparison import Comparison
from pglab.session.training_session import Outcome, TrainingSession

INTERVAL = 3.5  # seconds between two saves during training: at most five may be lost
PATIENCE = 0.1  # seconds of waiting for a run that another thread uses


@dataclass(frozen=True)
class _Mark:
    """The facts that decide whether to save: if none of them has changed, nothing is saved."""

    address: str
    sessions: tuple[TrainingSession, ...]
    # The step, the outcome and the number of changed settings of each run.
    states: tuple[tuple[int, Outcome | None, int], ...]
    facts: dict[str, Facts]  # of the visit, by their addresses


@dataclass(frozen=True)
class _Origin:
    """The origin of a copy: the copied runs, their step, and the address where they are stored.

    When a stored run has been deleted, the run on the page also counts as a copy.
    """

    sessions: tuple[TrainingSession, ...]
    global_step: int
    address: str


class Keeper(ABC):
    """Saves the run or the comparison that one page trains at the moment.

    Every new run or comparison of the page has its own address.
    """

    def __init__(self, owner: str) -> None:
        """Make a keeper that has saved nothing yet; `owner` is the key of the visitor's browser."""
        self.owner = owner
        # Whether a browser shows the page now. After a reload, another page asks for the same run.
        self.is_watched: Callable[[], bool] = lambda: False
        self.taken_over = False  # whether the run was opened in another tab, which now saves it
        # Whether a run that was deleted has a new address, which the browser does not show yet.
        self.has_moved = False
        self._writer = new_key()
        self._saved: _Mark | None = None
        self._saved_at = 0.0
        self._blocks: dict[TrainingSession, tuple[Block, ...]] = {}
        self._copied: _Origin | None = None
        self._saving = threading.Lock()

    @property
    @abstractmethod
    def driven(self) -> Bench | Comparison:
        """The object that trains the current runs; hold its lock while you use the runs."""

    @abstractmethod
    def _place(self) -> str:
        """The address of the current run or comparison; every save uses the same address."""

    @abstractmethod
    def _leave_place(self) -> None:
        """Give the current run or comparison a new address."""

    @abstractmethod
    def _runs(self) -> dict[str, TrainingSession]:
        """The current runs by their addresses."""

    @abstractmethod
    def _facts(self) -> dict[str, Facts]:
        """The facts of the visit that are stored beside the runs, by their addresses."""

    def _may_be_saved(self) -> bool:
        return True

    @property
    def address(self) -> str | None:
        """The address at which the current run is saved; None if the run has not begun.

        The result is also None if another tab saves the run, or if the run can never be stored. A
        copy gets its own address as soon as its training continues.
        """
        return None if self.taken_over or not self._has_begun() else self._place()

    @property
    def shown_address(self) -> str | None:
        """The address from which a reload brings back this page's run; None if there is none.

        A copy that has not trained since it was made has the address of its original.
        """
        if self._has_begun():
            return self._place()
        origin = self._origin()
        return None if origin is None else origin.address

    def saves(self, address: str) -> bool:
        """Whether this keeper saves something at this address now."""
        return self.address is not None and address in (self._place(), *self._runs())

    def adopt(self, library: Library) -> None:
        """Continue to save the current run at its address. Any earlier tab stops saving the run.

        Raises:
            LibraryUnavailable: the library cannot be changed now.
            TakenOver: the run belongs to another owner.
        """
        for address in self._runs():
            library.take_over(address, self.owner, self._writer)
        mark = self._mark()
        if mark is not None:
            self._saved = replace(mark, facts={})

    def copy(self) -> None:
        """From now on, save the current run as a copy at a new address; keep the stored run."""
        sessions = tuple(self._runs().values())
        self._copied = _Origin(sessions, _step_of(sessions), self._place())
        self._leave_place()
        self.taken_over = False

    def release(self, library: Library) -> None:
        """Pause the run, save its present state, and then stop saving.

        Raises:
            LibraryUnavailable: the run could not be saved.
        """
        with self.driven.lock:
            self.driven.pause()
            self.save_now(library)
        self.taken_over = True

    def save_now(self, library: Library) -> None:
        """Save the present state, even during training; if another thread uses the run, wait.

        Raises:
            LibraryUnavailable: the run could not be saved.
        """
        with self.driven.lock:
            self.save(library, at_once=True)

    def save(self, library: Library, *, at_once: bool = False) -> None:
        """Save the current run if it has changed. During training, save it only every few seconds.

        A run that was deleted after its last save stays deleted. If the run has continued since
        that save, it is saved at a new address.

        Raises:
            LibraryUnavailable: the run could not be saved.
            TimeoutError: another thread uses the run.
        """
        with self._saving:
            try:
                self._save(library, at_once)
            except RunDeleted:
                self._leave_deleted()
                self._save(library, at_once)
            except TakenOver:
                self.taken_over = True

    def _save(self, library: Library, at_once: bool) -> None:
        driven = self.driven
        with driven.lock.within(PATIENCE):
            if self.driven is not driven:
                raise TimeoutError  # meanwhile, the visitor has begun something new
            mark = self._mark()
            if mark is None or not self._is_due(mark, at_once):
                return
            runs = self._copies()
        known = self._is_known(mark)
        library.save(*(self._kept(address, copied, known) for address, copied in runs.items()))
        self._save_facts(library, mark)
        self._saved, self._saved_at = mark, time.monotonic()

    def _leave_deleted(self) -> None:
        """Give a deleted run a new address; it is saved there as soon as its training continues."""
        saved = self._saved
        assert saved is not None
        step = max(step for step, *_rest in saved.states)
        self._copied = _Origin(saved.sessions, step, saved.address)
        self._leave_place()
        self.has_moved = True

    def _has_begun(self) -> bool:
        sessions = tuple(self._runs().values())
        if not all(can_be_stored(session.config) for session in sessions):
            return False
        origin = self._origin()
        begin = 0 if origin is None else origin.global_step
        return self.driven.running or _step_of(sessions) > begin

    def _origin(self) -> _Origin | None:
        """Return the origin of the current runs, if they began as a copy."""
        origin = self._copied
        if origin is None or origin.sessions != tuple(self._runs().values()):
            return None
        return origin

    def _mark(self) -> _Mark | None:
        """Return the mark of the present state; None if there is nothing to store."""
        if self.address is None or not self._may_be_saved():
            return None
        sessions = tuple(self._runs().values())
        states = ((s.global_step, s.outcome, len(s.history.changes)) for s in sessions)
        return _Mark(self._place(), sessions, tuple(states), self._facts())

    def _is_due(self, mark: _Mark, at_once: bool) -> bool:
        if mark == self._saved:
            return False
        waited = time.monotonic() - self._saved_at >= INTERVAL
        return at_once or waited or not self._is_known(mark) or not self.driven.running

    def _is_known(self, mark: _Mark) -> bool:
        """Whether these runs were already stored at this address."""
        saved = self._saved
        return saved is not None and (saved.address, saved.sessions) == (
            mark.address,
            mark.sessions,
        )

    def _copies(self) -> dict[str, RunContents]:
        """Copy the current runs at this moment."""
        runs = self._runs()
        copies = {
            address: contents_of(session, self._blocks.get(session, ()))
            for address, session in runs.items()
        }
        self._blocks = {runs[address]: copies[address].state.blocks for address in runs}
        return copies

    def _save_facts(self, library: Library, mark: _Mark) -> None:
        stored = {} if self._saved is None else self._saved.facts
        for address, facts in mark.facts.items():
            if stored.get(address) != facts:
                library.save_visit(address, json.dumps(facts))

    def _kept(self, address: str, contents: RunContents, known: bool) -> KeptRun:
        return kept_of(
            contents,
            address=address,
            owner=self.owner,
            writer=self._writer,
            was_stored=known,
        )


def _step_of(sessions: tuple[TrainingSession, ...]) -> int:
    return max(session.global_step for session in sessions)
