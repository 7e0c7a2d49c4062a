"""Lets transactions wait for each other where the database would not make them wait."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

_DOORS = 7_068_202  # names the lock, like the one in `migrations`


def lock_doors(connection: Connection) -> None:
    """Wait until no other transaction opens a room or tries a short code.

    Without this lock, two wrong codes could both use the last attempt of a day. SQLite needs no
    such lock, because only one transaction writes at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_DOORS)))
