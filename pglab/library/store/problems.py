"""Turns errors of the library into sentences for the visitor."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import Timeout
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pglab.language import N_, _

FULL = N_("The disk is full, so runs are not saved. Free some space.")
NOT_WRITABLE = N_(
    "The app may not write the database of runs ({place}), so runs are not saved. Give the app "
    "the right to write there, or name another database in PGLAB_DATABASE_URL."
)
LOCKED = N_(
    "Another program has locked the database of runs ({place}), so runs are not saved. Close that "
    "program."
)
DAMAGED = N_(
    "The database of runs ({place}) is damaged, so runs are not saved. Move the file to another "
    "folder, and restart the app."
)
UNREADABLE = N_(
    "The disk with the database of runs ({place}) has an error, so runs are not saved. Check the "
    "disk."
)
NOT_REACHED = N_(
    "The database of runs does not answer, so runs are not saved. Check the server and "
    "PGLAB_DATABASE_URL."
)
REFUSED = N_(
    "The database of runs refuses this command ({kind}), so runs are not saved. Check its rights "
    "and its tables."
)
NO_DATABASE_URL = N_(
    "PGLAB_DATABASE_URL does not name a usable database, so runs are not saved. An example is "
    "postgresql://user:password@host/database."
)
NEWER = N_(
    "A newer version of the app has changed the database of runs, so runs are not saved. Update "
    "the app."
)
SET_ASIDE = N_(
    "The database of runs was damaged, so the app has begun a new one. The damaged file is kept "
    "as {file}."
)

_OF_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: NOT_WRITABLE,
    sqlite3.SQLITE_PERM: NOT_WRITABLE,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_IOERR: UNREADABLE,
}
# The codes of PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
_OF_POSTGRESQL = {
    "53100": FULL,
    "25006": NOT_WRITABLE,  # for example a copy of the database that can only be read
    "42501": NOT_WRITABLE,
    "55P03": LOCKED,
}
_LOST_RACE = ("40001", "40P01")  # PostgreSQL has undone one of two transactions


class LibraryUnavailable(Exception):
    """The library cannot be used at the moment; the message is a sentence for the visitor."""


class TakenOver(Exception):
    """The visit may not write this run any more; the message is a sentence for the visitor."""


class RunDeleted(Exception):
    """The run was deleted after its last save, so it cannot be saved at this address again."""


class TooManyPinned(ValueError):
    """The owner may not pin another run; the message is a sentence for the visitor."""


class TooManyLessons(ValueError):
    """The owner may not store another lesson; the message is a sentence for the visitor."""


class TooManyRooms(ValueError):
    """No further room can be opened; the message is a sentence for the visitor."""


@contextmanager
def sentences(place: str) -> Iterator[None]:
    """Turn each error of the database into a `LibraryUnavailable`; `place` names the database."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise LibraryUnavailable(_sentence(error, place)) from error


def is_damage(error: sqlite3.Error) -> bool:
    """True if SQLite says that the file is damaged or is not a database."""
    return _OF_SQLITE.get(_code(error)) == DAMAGED


def lost_race(error: DBAPIError) -> bool:
    """True if another transaction came first, so the same work may succeed when it is repeated."""
    is_double = isinstance(error.orig, sqlite3.IntegrityError) or _state(error).startswith("23")
    return is_double or _state(error) in _LOST_RACE


def _sentence(error: Exception, place: str) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    kind = type(cause).__name__
    if isinstance(cause, sqlite3.Error):
        found = _OF_SQLITE.get(_code(cause), REFUSED)
    elif isinstance(cause, Timeout):  # `filelock` makes it an OSError
        found = LOCKED
    elif isinstance(cause, OSError):
        found = FULL if cause.errno == errno.ENOSPC else NOT_WRITABLE
    elif isinstance(error, DBAPIError) and _state(error):
        found = _OF_POSTGRESQL.get(_state(error), REFUSED)
    else:
        found = NOT_REACHED
    return _(found).format(place=place, kind=kind)


def _code(error: sqlite3.Error) -> int:
    """Return the lowest byte of a SQLite error's code, the primary code; 0 if there is no code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _state(error: DBAPIError) -> str:
    """Return the code of a PostgreSQL error; an empty text if the server did not answer."""
    return getattr(error.orig, "sqlstate", None) or ""
