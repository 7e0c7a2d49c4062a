"""The library of runs, results and lessons; `opening` opens it."""

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
    """Runs in a database. Threads and processes may use the same database at once.

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
            reading: its transactions see one state of the database.
            writing: its transactions do not fail because another one writes too, but wait.
            place: names the database in messages.
            notice: what happened when the library was opened.
        """
        self.notice = notice
        self._reading, self._writing = reading, writing
        self._place = place
        self.quotas = Quotas.from_environment()
        self._tidied = -math.inf

    def save(self, *kept: KeptRun) -> None:
        """Insert or update runs; write nothing if exactly these states are stored already.

        After an error, none of the runs is changed. About once an hour, this method also calls
        `tidy`.

        Raises:
            RunDeleted: a run was stored before, and was deleted since then.
            TakenOver: a run belongs to another owner, or another visit writes it.
            ValueError: this cannot be an address.
        """
        if not all(is_address(run.address) for run in kept):
            raise ValueError("the address of a run has 22 to 64 letters, digits, '-' or '_'")

        def save_all(connection: Connection) -> None:
            for run in kept:
                saving.save(connection, run, time.time())

        self.write(save_all)
        self.tidy_hourly()

    def take_over(self, address: str, owner: str, writer: str) -> None:
        """Let the visit `writer` of the owner write a run from now on; then load the run.

        If no such run is stored, nothing happens.

        Raises:
            TakenOver: the run belongs to another owner.
        """
        if is_address(address):
            self.write(lambda connection: saving.take_over(connection, address, owner, writer))

    def load(self, address: str) -> Stored | None:
        """Load a run; None if no such run is stored.

        Raises:
            StateError: the stored bytes are damaged.
        """
        return self.load_together([address])[0]

    def load_together(self, addresses: Sequence[str]) -> list[Stored | None]:
        """Load runs as they were at one moment; None for each run that is not stored.

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
        """List the runs of an owner, at most `limit`, after the first `offset`.

        Args:
            owner: the random key of a browser.
            search: words that the name, the note, the agent, the environment or the outcome
                contains; upper and lower case are the same.
            order: "date" is the last save, latest first; "steps" and "return" begin with the most.
            limit: the most rows.
            offset: the number of rows to leave out.
        """
        return self.read(
            lambda connection: listing.runs_of(connection, owner, search, order, limit, offset)
        )

    def count_of(self, owner: str, *, search: str = "") -> int:
        """The number of runs that `runs_of` lists with this search, on all its pages."""
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
        """Name, describe or pin a run; None changes nothing. Return True if the owner has this run.

        Longer texts are cut to `listing.MOST_IN_NAME` and `listing.MOST_IN_NOTE` characters.

        Raises:
            TooManyPinned: the owner has pinned as many runs as possible.
        """
        most = self.quotas.runs
        return is_address(address) and self.write(
            lambda connection: listing.annotate(
                connection, owner, address, name, note, pinned, most
            )
        )

    def delete(self, owner: str, addresses: Iterable[str]) -> int:
        """Delete runs of an owner, and return how many there were; other addresses are ignored."""
        chosen = list(filter(is_address, addresses))
        return self.write(lambda connection: listing.delete_runs(connection, owner, chosen))

    def save_visit(self, key: str, facts_json: str) -> None:
        """Store the facts of a page under a secret key; they replace earlier ones.

        Raises:
            ValueError: the text is not JSON, or longer than `visits.MOST_BYTES`.
        """
        visits.check(facts_json)
        self.write(lambda connection: visits.save(connection, key, facts_json, time.time()))

    def load_visit(self, key: str) -> str | None:
        """The facts that were stored under this key, as JSON; None if there are none."""
        return self.read(lambda connection: visits.load(connection, key))

    def save_results(self, results_by_key: Mapping[str, bytes]) -> None:
        """Store results of trained runs; a result that is stored already stays as it is.

        After an error, none of the results is stored. About once an hour, this method also calls
        `tidy`.

        Args:
            results_by_key: each key has 64 hexadecimal digits, in lower case.

        Raises:
            ValueError: this cannot be a key, or a result is longer than `results.MOST_BYTES`.
        """
        results.check(results_by_key)
        self.write(lambda connection: results.save(connection, results_by_key, time.time()))
        self.tidy_hourly()

    def load_results(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The stored results by their keys; keys without a result are left out."""
        return self.read(lambda connection: results.load(connection, keys))

    def save_lesson(self, owner: str, title: str, content: str, address: str | None = None) -> str:
        """Store a lesson, and return its address.

        If the owner has a lesson at `address`, the new one replaces it. About once an hour, this
        method also calls `tidy`.

        Raises:
            TooManyLessons: the owner has as many lessons as possible.
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
        """The content of the lesson at this address; None if no such lesson is stored."""
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
        """Store an owner's facts about a lesson; they replace earlier ones.

        Args:
            owner: the random key of a browser.
            lesson: a text that names the lesson, at most 100 characters.
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
        """The facts that are stored about an owner's lesson, as JSON; None if there are none."""
        return self.read(lambda connection: lesson_progress.load(connection, owner, lesson))

    def tidy(self) -> int:
        """Delete the oldest runs, results and lessons that exceed the quotas; return how many runs.

        Pinned runs stay. This also deletes rooms whose time is over, with all their data.
        """
        return self.write(lambda connection: tidying.tidy(connection, self.quotas, time.time()))

    def tidy_hourly(self) -> None:
        """Call `tidy`, if this object has not called it within the last hour."""
        if time.monotonic() - self._tidied > _BETWEEN_TIDYING:
            self._tidied = time.monotonic()
            self.tidy()

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Do work that only reads, in one transaction, and return its result."""
        with sentences(self._place), self._reading.begin() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do work in one transaction, and return its result.

        If another transaction comes first and undoes it, the work is done again.
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
