"""The library of runs, results and lessons. The module `opening` opens the library."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pglab.library.store import lesson_progress, lessons, results, tidying, visits
from pglab.library.store.lessons import LessonRow, is_lesson_address
from pglab.library.store.problems import lost_race, sentences
from pglab.library.store.runs import listing, saving
from pglab.library.store.runs.kept import KeptRun, RunRow, Stored, is_address
from pglab.library.store.runs.listing import SortOrder
from pglab.library.store.tidying import Quotas

Result = TypeVar("Result")

_ATTEMPTS = 3  # to write, if other transactions come first
_BETWEEN_TIDYING = 3_600.0  # seconds


class Library:
    """Stores runs, results and lessons in a database that threads and processes can share.

    Every method raises `LibraryUnavailable` if the database cannot be used at the moment.
    """

    def __init__(
        self,
        reading: Engine,
        writing: Engine,
        place: str,
        notice: str | None = None,
    ) -> None:
        """Use a database that has the newest tables.

        Args:
            reading: the engine for reading; a transaction sees one state of the database.
            writing: the engine for writing; a transaction waits while another one writes.
            place: the name that messages use for the database.
            notice: a message about something that happened when the library was opened.
        """
        self.notice = notice
        self._reading, self._writing = reading, writing
        self._place = place
        self.quotas = Quotas.from_environment()
        self._tidied = -math.inf

    def save(self, *kept: KeptRun) -> None:
        """Insert or update runs; skip each run whose present state is already stored.

        If an error occurs, none of the runs is changed. About once an hour, this method also calls
        `tidy`.

        Raises:
            RunDeleted: a run was stored before, and was deleted since then.
            TakenOver: a run belongs to another owner, or another visit writes it.
            ValueError: a run's address does not have the form of an address.
        """
        if not all(is_address(run.address) for run in kept):
            raise ValueError("the address of a run has 22 to 64 letters, digits, '-' or '_'")

        def save_all(connection: Connection) -> None:
            for run in kept:
                saving.save(connection, run, time.time())

        self.write(save_all)
        self.tidy_hourly()

    def take_over(self, address: str, owner: str, writer: str) -> None:
        """Let only the visit with the key `writer` write a run from now on.

        Call this method before `load`. If no such run is stored, nothing happens.

        Raises:
            TakenOver: the run belongs to another owner.
        """
        if is_address(address):
            self.write(lambda connection: saving.take_over(connection, address, owner, writer))

    def load(self, address: str) -> Stored | None:
        """Load a run; return None if no such run is stored.

        Raises:
            StateError: the stored bytes are damaged.
        """
        return self.load_together([address])[0]

    def load_together(self, addresses: Sequence[str]) -> list[Stored | None]:
        """Load several runs as they are at one moment; a run that is not stored gives None.

        Raises:
            StateError: the stored bytes of a run are damaged.
        """

        def load_all(connection: Connection) -> list[Stored | None]:
            return [
                saving.load(connection, address) if is_address(address) else None
                for address in addresses
            ]

        return self.read(load_all)

    def runs_of(
        self,
        owner: str,
        *,
        search: str = "",
        order: SortOrder = "date",
        limit: int = 50,
        offset: int = 0,
    ) -> list[RunRow]:
        """List runs of an owner; the arguments say which runs, and in what order.

        Args:
            owner: the random key of a browser.
            search: words. Each of them must occur in the name, the note, the agent, the
                environment or the outcome of a run; upper and lower case are the same.
            order: "date" begins with the run that was saved last. "steps" and "return" begin with
                the largest number. See `listing` for the other orders.
            limit: the largest number of rows.
            offset: the number of rows to leave out.
        """
        return self.read(
            lambda connection: listing.runs_of(connection, owner, search, order, limit, offset)
        )

    def count_of(self, owner: str, *, search: str = "") -> int:
        """Count all runs of an owner that `runs_of` finds with this search."""
        return self.read(lambda connection: listing.count_of(connection, owner, search))

    def annotate(
        self,
        owner: str,
        address: str,
        *,
        name: str | None = None,
        note: str | None = None,
        pinned: bool | None = None,
    ) -> bool:
        """Name, describe or pin a run; return True if the owner has this run.

        An argument that is None changes nothing. The name is cut after `listing.MOST_IN_NAME`
        characters, and the note after `listing.MOST_IN_NOTE` characters.

        Raises:
            TooManyPinned: the owner has already pinned as many runs as are allowed.
        """
        most = self.quotas.runs
        return is_address(address) and self.write(
            lambda connection: listing.annotate(
                connection, owner, address, name, note, pinned, most
            )
        )

    def delete(self, owner: str, addresses: Iterable[str]) -> int:
        """Delete the runs of an owner at these addresses, and return how many were deleted."""
        chosen = list(filter(is_address, addresses))
        return self.write(lambda connection: listing.delete_runs(connection, owner, chosen))

    def save_visit(self, key: str, facts_json: str) -> None:
        """Store the facts of a page under a secret key; they replace earlier facts of this key.

        Raises:
            ValueError: the text is not JSON, or longer than `visits.MOST_BYTES`.
        """
        visits.check(facts_json)
        self.write(lambda connection: visits.save(connection, key, facts_json, time.time()))

    def load_visit(self, key: str) -> str | None:
        """Load the facts that were stored under this key, as JSON; None if there are none."""
        return self.read(lambda connection: visits.load(connection, key))

    def save_results(self, results_by_key: Mapping[str, bytes]) -> None:
        """Store results of trained runs; results that are already stored do not change.

        If an error occurs, none of the results is stored. About once an hour, this method also
        calls `tidy`.

        Args:
            results_by_key: the results. Each key has 64 hexadecimal digits, in lower case.

        Raises:
            ValueError: a key has another form, or a result is longer than `results.MOST_BYTES`.
        """
        results.check(results_by_key)
        self.write(lambda connection: results.save(connection, results_by_key, time.time()))
        self.tidy_hourly()

    def load_results(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Load results by their keys; leave out the keys for which no result is stored."""
        return self.read(lambda connection: results.load(connection, keys))

    def save_lesson(self, owner: str, title: str, content: str, address: str | None = None) -> str:
        """Store a lesson, and return its address.

        If the owner has a lesson at `address`, the new one replaces it. About once an hour, this
        method also calls `tidy`.

        Raises:
            TooManyLessons: the owner cannot store any more lessons.
            ValueError: the content or the title is too long.
        """
        lessons.check(title, content)
        most = self.quotas.lessons
        saved = self.write(
            lambda connection: lessons.save(
                connection, owner, title, content, address, most, time.time()
            )
        )
        self.tidy_hourly()
        return saved

    def load_lesson(self, address: str) -> str | None:
        """Load the content of the lesson at this address; None if no such lesson is stored."""
        if not is_lesson_address(address):
            return None
        found = self.read(lambda connection: lessons.load(connection, address))
        if found is None:
            return None
        content, used = found
        if lessons.is_due(used, time.time()):
            self.write(lambda connection: lessons.note_use(connection, address, time.time()))
        return content

    def lessons_of(self, owner: str) -> list[LessonRow]:
        """List the lessons of an owner, the newest first."""
        return self.read(lambda connection: lessons.lessons_of(connection, owner))

    def delete_lesson(self, owner: str, address: str) -> bool:
        """Delete a lesson of an owner; return True if the owner had this lesson."""
        return is_lesson_address(address) and self.write(
            lambda connection: lessons.delete_lesson(connection, owner, address)
        )

    def save_progress(self, owner: str, lesson: str, facts_json: str) -> None:
        """Store an owner's facts about a lesson; they replace earlier facts about this lesson.

        Args:
            owner: the random key of a browser.
            lesson: a text of at most 100 characters that names the lesson.
            facts_json: the facts, as JSON.

        Raises:
            ValueError: the facts are not JSON, or a text is too long.
        """
        lesson_progress.check(lesson, facts_json)
        most = self.quotas.lessons
        self.write(
            lambda connection: lesson_progress.save(
                connection, owner, lesson, facts_json, most, time.time()
            )
        )

    def load_progress(self, owner: str, lesson: str) -> str | None:
        """Load the facts about an owner's lesson, as JSON; None if there are none."""
        return self.read(lambda connection: lesson_progress.load(connection, owner, lesson))

    def tidy(self) -> int:
        """Delete the oldest data beyond the quotas, and return the number of deleted runs.

        The quotas limit runs, results and lessons. Pinned runs stay. Rooms whose time is over are
        also deleted, with all their data.
        """
        return self.write(lambda connection: tidying.tidy(connection, self.quotas, time.time()))

    def tidy_hourly(self) -> None:
        """Call `tidy` if this object has not called `tidy` within the last hour."""
        if time.monotonic() - self._tidied > _BETWEEN_TIDYING:
            self._tidied = time.monotonic()
            self.tidy()

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Do read-only work in one transaction, and return its result."""
        with sentences(self._place), self._reading.begin() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do work in one transaction, and return its result.

        If the transaction fails because another one came first, the work is done again.
        """
        with sentences(self._place):
            for _attempt in range(_ATTEMPTS - 1):
                try:
                    return self._write_once(work)
                except DBAPIError as error:
                    if not lost_race(error):
                        raise
            return self._write_once(work)

    def close(self) -> None:
        """Close all connections to the database."""
        self._reading.dispose()

    def _write_once(self, work: Callable[[Connection], Result]) -> Result:
        with self._writing.begin() as connection:
            return work(connection)
