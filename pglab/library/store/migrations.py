"""The versions of the tables. A database of an older version is brought to the newest one.

A migration that has once been released never changes: add another one at the end, and change
`tables` accordingly.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, func, insert, inspect, select, update

from pglab.language import _
from pglab.library.store.problems import NEWER, LibraryUnavailable
from pglab.library.store.tables import schema

Migration = Sequence[str]  # commands in SQL; {blob} becomes the database's type for bytes

MIGRATIONS: tuple[Migration, ...] = (
    (
        """
        CREATE TABLE pglab_runs (
            address TEXT NOT NULL PRIMARY KEY,
            owner_hash TEXT NOT NULL,
            writer TEXT NOT NULL,
            agent TEXT NOT NULL,
            environment TEXT NOT NULL,
            settings TEXT NOT NULL,
            global_step BIGINT NOT NULL,
            episodes BIGINT NOT NULL,
            mean_return DOUBLE PRECISION,
            outcome TEXT,
            seed BIGINT NOT NULL,
            curve {blob} NOT NULL,
            training_seconds DOUBLE PRECISION NOT NULL,
            name TEXT NOT NULL,
            note TEXT NOT NULL,
            pinned BOOLEAN NOT NULL,
            searched TEXT NOT NULL,
            started DOUBLE PRECISION NOT NULL,
            saved DOUBLE PRECISION NOT NULL,
            size BIGINT NOT NULL,
            digest TEXT NOT NULL
        )
        """,
        "CREATE INDEX pglab_runs_of_owner ON pglab_runs (owner_hash, saved)",
        """
        CREATE TABLE pglab_contents (
            address TEXT NOT NULL PRIMARY KEY
                REFERENCES pglab_runs (address) ON DELETE CASCADE,
            data {blob} NOT NULL
        )
        """,
        """
        CREATE TABLE pglab_blocks (
            address TEXT NOT NULL REFERENCES pglab_runs (address) ON DELETE CASCADE,
            first_row BIGINT NOT NULL,
            end_row BIGINT NOT NULL,
            digest TEXT NOT NULL,
            lengths TEXT NOT NULL,
            packed {blob} NOT NULL,
            PRIMARY KEY (address, first_row)
        )
        """,
        """
        CREATE TABLE pglab_visits (
            key_hash TEXT NOT NULL PRIMARY KEY,
            facts TEXT NOT NULL,
            saved DOUBLE PRECISION NOT NULL
        )
        """,
    ),
)
_LOCK = 7_068_201  # names the lock with which processes that start at once wait for each other


def migrate(engine: Engine, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the tables to the newest version; each migration is one transaction.

    Even if no migration is due, the function writes the version, so it fails if the database cannot
    be written. On SQLite, the transactions of `engine` must begin with `BEGIN IMMEDIATE`.

    Raises:
        LibraryUnavailable: a newer version of the app has changed the tables.
    """
    while not _is_newest_after_one(engine, migrations):
        pass


def _is_newest_after_one(engine: Engine, migrations: Sequence[Migration]) -> bool:
    """Run the next migration, if there is one; return True if there was none."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        version = _version(connection)
        if version > len(migrations):
            raise LibraryUnavailable(_(NEWER))
        for command in migrations[version] if version < len(migrations) else ():
            connection.exec_driver_sql(command.format(blob=_blob(connection)))
        connection.execute(update(schema).values(version=min(version + 1, len(migrations))))
        return version == len(migrations)


def _version(connection: Connection) -> int:
    """The version of the tables; a new database gets version 0."""
    if not inspect(connection).has_table(schema.name):
        schema.create(connection)
        connection.execute(insert(schema).values(version=0))
    version: int = connection.execute(select(schema.c.version)).scalar_one()
    return version


def _blob(connection: Connection) -> str:
    return "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
