"""Inserts rows that another transaction may insert at the same moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(
    connection: Connection, table: Table, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> bool:
    """Insert one or several rows, but never change a row whose primary key is already stored.

    Returns:
        True if the row was inserted. If several rows are given, the result has no meaning.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    inserted = insert(table).on_conflict_do_nothing()
    # Without this option, SQLAlchemy may forget the number of inserted rows.
    options = {"preserve_rowcount": True}
    return connection.execute(inserted, rows, execution_options=options).rowcount > 0
