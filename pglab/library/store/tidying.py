"""Deletes the oldest runs and results when the library holds too much, and old unused lessons.

Pinned runs stay. Rooms whose time is over are deleted with all their data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, and_, delete, func, or_, select

from pglab.library.store import lesson_progress, lessons, results
from pglab.library.store.rooms import guesses, joins, rooms
from pglab.library.store.tables import runs, visits
from pglab.session.sharing.variables import whole_number

_DAY = 86_400.0  # seconds
_MEGABYTE = 1_000_000
_MOST = 1_000_000_000  # of each environment variable


@dataclass(frozen=True)
class Quotas:
    """The limits for what the library keeps."""

    runs: int = 200  # unpinned runs of one owner, and as many pinned ones
    megabytes: int = 500  # of the unpinned runs of one owner
    all_megabytes: int = 10_000
    days: int = 180  # for which an unpinned run, an unused lesson and the facts of a visit stay
    results: int = 500_000  # of trained runs; they belong to nobody
    lessons: int = 100  # of one owner, and as many lessons with answers
    room_hours: int = 24  # from the opening of a room until all its data are deleted

    @classmethod
    def from_environment(cls) -> Self:
        """Read the quotas from environment variables; a quota without a variable has its default.

        If a variable is not a whole number of at least 1, the function warns and ignores it.
        """
        variables = {
            "runs": "PGLAB_RUNS_OF_OWNER",
            "megabytes": "PGLAB_MEGABYTES_OF_OWNER",
            "all_megabytes": "PGLAB_MEGABYTES_OF_ALL",
            "days": "PGLAB_DAYS_KEPT",
            "results": "PGLAB_RESULTS",
            "lessons": "PGLAB_LESSONS_OF_OWNER",
            "room_hours": "PGLAB_ROOM_HOURS",
        }
        chosen = {field: whole_number(name, _MOST) for field, name in variables.items()}
        return cls(**{field: number for field, number in chosen.items() if number is not None})


def tidy(connection: Connection, quotas: Quotas, now: float) -> int:
    """Delete the oldest data that exceed the quotas; return how many runs were deleted.

    The age of a run is the time since its last save. The quotas of an owner never delete the
    owner's newest unpinned run, because somebody may be training it.
    """
    begin = now - quotas.days * _DAY
    connection.execute(delete(visits).where(visits.c.saved < begin))
    results.tidy(connection, quotas.results)
    lessons.tidy(connection, begin)
    lesson_progress.tidy(connection, begin)
    rooms.tidy(connection, now)
    guesses.tidy(connection, now)
    joins.tidy(connection, now)
    old = connection.execute(delete(runs).where(~runs.c.pinned, runs.c.saved < begin))
    return old.rowcount + _tidy_owners(connection, quotas) + _tidy_all(connection, quotas)


def _tidy_owners(connection: Connection, quotas: Quotas) -> int:
    """Delete the oldest unpinned runs that exceed the quotas of their owner."""
    newest_first = runs.c.saved.desc(), runs.c.address
    of_owner: Any = {"partition_by": runs.c.owner_hash, "order_by": newest_first}
    ranked = (
        select(
            runs.c.address,
            func.row_number().over(**of_owner).label("number"),
            func.sum(runs.c.size).over(**of_owner).label("size"),
        )
        .where(~runs.c.pinned)
        .subquery()
    )
    too_large = and_(ranked.c.number > 1, ranked.c.size > quotas.megabytes * _MEGABYTE)
    exceeding = select(ranked.c.address).where(or_(ranked.c.number > quotas.runs, too_large))
    return connection.execute(delete(runs).where(runs.c.address.in_(exceeding))).rowcount


def _tidy_all(connection: Connection, quotas: Quotas) -> int:
    """Delete the oldest unpinned runs if all runs together exceed the space of the library."""
    kept_first = runs.c.pinned.desc(), runs.c.saved.desc(), runs.c.address
    ranked = select(
        runs.c.address,
        runs.c.pinned,
        func.sum(runs.c.size).over(order_by=kept_first).label("size"),
    ).subquery()
    exceeding = select(ranked.c.address).where(
        ~ranked.c.pinned, ranked.c.size > quotas.all_megabytes * _MEGABYTE
    )
    return connection.execute(delete(runs).where(runs.c.address.in_(exceeding))).rowcount
