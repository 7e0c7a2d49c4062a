"""Opens the library: a SQLite file in the user's data directory, or another database."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.migrations import migrate
from pglab.library.store.problems import (
    NO_DATABASE_URL,
    SET_ASIDE,
    LibraryUnavailable,
    is_damage,
    sentences,
)

VARIABLE = "PGLAB_DATABASE_URL"  # the environment variable that names another database
_PATIENCE = 5  # seconds to wait for another program
_MOST_CHECKED = 200_000_000  # a larger file is not checked completely, because it takes too long
_BEGIN = "pglab_begin"  # the option of an engine that says how its transactions begin


def open_library(url: str | None = None) -> Library:
    """Open the library; create a database if there is none.

    If the SQLite file is damaged, it is renamed, and a new file is made. `Library.notice` then
    says so.

    Args:
        url: the address of a SQLite or PostgreSQL database. The default is the address in the
            environment variable `PGLAB_DATABASE_URL`. If this variable is not set, the default is a
            SQLite file in the user's data directory.

    Raises:
        LibraryUnavailable: the database cannot be used; the message says what to change.
    """
    chosen = url or os.environ.get(VARIABLE)
    if chosen:
        parsed = _parsed(chosen)
    else:
        file = platformdirs.user_data_path("pglab") / "runs.sqlite3"
        parsed = URL.create("sqlite", database=str(file))
    if parsed.drivername == "sqlite":
        return _open_file(parsed, Path(parsed.database or ""))
    return _open_server(parsed)


def _parsed(text: str) -> URL:
    """Read the address of a database, and choose the driver."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # for example, the port is no number
        raise LibraryUnavailable(_(NO_DATABASE_URL)) from error
    match url.drivername.partition("+")[0]:
        case "sqlite" if url.database and not url.database.startswith((":memory:", "file:")):
            return url.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
    raise LibraryUnavailable(_(NO_DATABASE_URL))


# --- SQLite


def _open_file(url: URL, file: Path) -> Library:
    with sentences(str(file)):
        file.parent.mkdir(parents=True, exist_ok=True)
        # Processes that start at once wait here, so that only one of them moves a damaged file.
        with FileLock(f"{file}.lock", timeout=_PATIENCE):
            notice = _set_aside(file) if _is_damaged(file) else None
            engine = _sqlite_engine(url)
            writing = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
            _migrate_or_close(writing)
    return Library(engine, writing, str(file), notice)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(_with_defaults(url, timeout=_PATIENCE))

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # otherwise, the driver begins transactions by itself
        connection.execute("PRAGMA journal_mode = WAL")
        # After a power failure, the last saves may be missing, but the file is intact.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails if another one wrote in between. So
        # transactions that write take the lock at once.
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine


def _is_damaged(file: Path) -> bool:
    """True if the file is not a SQLite database, or if SQLite finds damage in it."""
    if not file.is_file():
        return False
    whole = file.stat().st_size <= _MOST_CHECKED
    command = "PRAGMA quick_check(1)" if whole else "SELECT count(*), 'ok' FROM sqlite_schema"
    try:
        # A connection that may only read leaves a damaged file and its log as they are.
        place = f"{file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(place, uri=True, timeout=_PATIENCE)) as connection:
            answer: str = connection.execute(command).fetchone()[-1]
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return True
        raise
    return answer != "ok"


def _set_aside(file: Path) -> str:
    """Rename a damaged file and its log files; return a sentence that tells the new name."""
    name = f"{file.name}.damaged-{datetime.now():%Y-%m-%d-%H%M%S-%f}"
    for ending in ("", "-wal", "-shm"):
        part = file.with_name(file.name + ending)
        if part.exists():
            part.rename(file.with_name(name + ending))
    return _(SET_ASIDE).format(file=file.with_name(name))


# --- PostgreSQL


def _open_server(url: URL) -> Library:
    with sentences(VARIABLE):
        url = _with_defaults(url, connect_timeout=_PATIENCE, tcp_user_timeout=2_000 * _PATIENCE)
        engine = create_engine(url, pool_pre_ping=True)

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            connection.execute(f"SET lock_timeout = '{_PATIENCE}s'")
            connection.commit()

        _migrate_or_close(engine)
    # The parts of a run are read by several commands, which must see the same state.
    return Library(engine.execution_options(isolation_level="REPEATABLE READ"), engine, VARIABLE)


def _with_defaults(url: URL, **options: int) -> URL:
    """Add each option that the address does not contain yet."""
    defaults = {name: str(value) for name, value in options.items() if name not in url.query}
    return url.update_query_dict(defaults)


def _migrate_or_close(engine: Engine) -> None:
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
