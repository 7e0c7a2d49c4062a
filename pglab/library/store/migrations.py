"""Brings the tables of a database to the newest version.

Never change a migration that was released. Instead, add a new migration at the end, and change
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
    (
        """
        CREATE TABLE pglab_results (
            key TEXT NOT NULL PRIMARY KEY,
            saved DOUBLE PRECISION NOT NULL,
            data {blob} NOT NULL
        )
        """,
        "CREATE INDEX pglab_results_by_age ON pglab_results (saved)",
    ),
    (
        """
        CREATE TABLE pglab_lessons (
            address TEXT NOT NULL PRIMARY KEY,
            owner_hash TEXT NOT NULL,
            title TEXT NOT NULL,
            content TEXT NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            used DOUBLE PRECISION NOT NULL
        )
        """,
        "CREATE INDEX pglab_lessons_of_owner ON pglab_lessons (owner_hash, created)",
        """
        CREATE TABLE pglab_lesson_progress (
            owner_hash TEXT NOT NULL,
            lesson TEXT NOT NULL,
            facts TEXT NOT NULL,
            saved DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (owner_hash, lesson)
        )
        """,
    ),
    (
        """
        CREATE TABLE pglab_rooms (
            room TEXT NOT NULL PRIMARY KEY,
            code TEXT NOT NULL,
            rest TEXT NOT NULL,
            key_hash TEXT NOT NULL,
            owner_hash TEXT NOT NULL,
            opened DOUBLE PRECISION NOT NULL,
            expires DOUBLE PRECISION NOT NULL,
            ended DOUBLE PRECISION,
            door_from DOUBLE PRECISION NOT NULL,
            door_until DOUBLE PRECISION NOT NULL,
            version BIGINT NOT NULL,
            mode TEXT NOT NULL,
            step INTEGER NOT NULL,
            questions TEXT NOT NULL,
            names BOOLEAN NOT NULL,
            lesson TEXT NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX pglab_rooms_by_code ON pglab_rooms (code)",
        "CREATE UNIQUE INDEX pglab_rooms_by_key ON pglab_rooms (key_hash)",
        """
        CREATE TABLE pglab_room_codes (
            code TEXT NOT NULL PRIMARY KEY,
            kept DOUBLE PRECISION NOT NULL
        )
        """,
        """
        CREATE TABLE pglab_room_guesses (
            code TEXT NOT NULL,
            tried DOUBLE PRECISION NOT NULL,
            visitor_hash TEXT NOT NULL,
            doors INTEGER NOT NULL,
            PRIMARY KEY (code, tried)
        )
        """,
        """
        CREATE TABLE pglab_room_members (
            room TEXT NOT NULL REFERENCES pglab_rooms (room) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            key_hash TEXT NOT NULL,
            nickname TEXT NOT NULL,
            step INTEGER NOT NULL,
            moves INTEGER NOT NULL,
            joined DOUBLE PRECISION NOT NULL,
            seen DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, number)
        )
        """,
        "CREATE UNIQUE INDEX pglab_room_members_by_key ON pglab_room_members (key_hash)",
        """
        CREATE TABLE pglab_room_answers (
            room TEXT NOT NULL,
            step INTEGER NOT NULL,
            number INTEGER NOT NULL,
            answer TEXT NOT NULL,
            answered DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, step, number),
            FOREIGN KEY (room, number)
                REFERENCES pglab_room_members (room, number) ON DELETE CASCADE
        )
        """,
        """
        CREATE TABLE pglab_room_plans (
            room TEXT NOT NULL REFERENCES pglab_rooms (room) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            plan TEXT NOT NULL,
            PRIMARY KEY (room, step)
        )
        """,
        """
        CREATE TABLE pglab_room_runs (
            room TEXT NOT NULL,
            step INTEGER NOT NULL,
            number INTEGER NOT NULL,
            value DOUBLE PRECISION,
            seed BIGINT NOT NULL,
            global_step BIGINT NOT NULL,
            ended BOOLEAN NOT NULL,
            curve {blob} NOT NULL,
            saves INTEGER NOT NULL,
            saved DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, step, number),
            FOREIGN KEY (room, number)
                REFERENCES pglab_room_members (room, number) ON DELETE CASCADE
        )
        """,
        """
        CREATE TABLE pglab_room_returns (
            room TEXT NOT NULL,
            step INTEGER NOT NULL,
            number INTEGER NOT NULL,
            best DOUBLE PRECISION NOT NULL,
            tries INTEGER NOT NULL,
            saved DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, step, number),
            FOREIGN KEY (room, number)
                REFERENCES pglab_room_members (room, number) ON DELETE CASCADE
        )
        """,
    ),
    (
        """
        CREATE TABLE pglab_room_trainings (
            room TEXT NOT NULL REFERENCES pglab_rooms (room) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            training INTEGER NOT NULL,
            plan TEXT NOT NULL,
            started DOUBLE PRECISION NOT NULL,
            stopped DOUBLE PRECISION,
            PRIMARY KEY (room, step, training)
        )
        """,
        """
        INSERT INTO pglab_room_trainings (room, step, training, plan, started)
            SELECT room, step, 1, plan, 0 FROM pglab_room_plans
        """,
        "DROP TABLE pglab_room_plans",
        """
        CREATE TABLE pglab_room_student_runs (
            room TEXT NOT NULL,
            step INTEGER NOT NULL,
            training INTEGER NOT NULL,
            number INTEGER NOT NULL,
            chosen TEXT NOT NULL,
            seed BIGINT NOT NULL,
            global_step BIGINT NOT NULL,
            ended BOOLEAN NOT NULL,
            curve {blob} NOT NULL,
            saves INTEGER NOT NULL,
            saved DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, step, training, number, chosen),
            FOREIGN KEY (room, number)
                REFERENCES pglab_room_members (room, number) ON DELETE CASCADE
        )
        """,
        """
        INSERT INTO pglab_room_student_runs (room, step, training, number, chosen,
                seed, global_step, ended, curve, saves, saved)
            SELECT room, step, 1, number, COALESCE(CAST(value AS TEXT), ''),
                seed, global_step, ended, curve, saves, saved FROM pglab_room_runs
        """,
        "DROP TABLE pglab_room_runs",
        """
        CREATE TABLE pglab_room_joins (
            visitor_hash TEXT NOT NULL PRIMARY KEY,
            since DOUBLE PRECISION NOT NULL,
            joined INTEGER NOT NULL
        )
        """,
    ),
    (
        "ALTER TABLE pglab_rooms ADD COLUMN live_name TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE pglab_rooms ADD COLUMN live_title TEXT NOT NULL DEFAULT ''",
    ),
)
_LOCK = 7_068_201  # names the lock with which processes that start at once wait for each other


def migrate(engine: Engine, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the tables to the newest version; each migration is one transaction.

    Even if no migration is due, the function writes the version. So it always fails if the database
    cannot be written. On SQLite, the transactions of `engine` must begin with `BEGIN IMMEDIATE`.

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
    """Return the version of the tables; a new database gets version 0."""
    if not inspect(connection).has_table(schema.name):
        schema.create(connection)
        connection.execute(insert(schema).values(version=0))
    version: int = connection.execute(select(schema.c.version)).scalar_one()
    return version


def _blob(connection: Connection) -> str:
    return "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
