"""Stores the facts that belong to the page of one visit."""

from __future__ import annotations

import json

from sqlalchemy import Connection, insert, select, update

from pglab.library.store.runs.kept import hash_of
from pglab.library.store.tables import visits

MOST_BYTES = 200_000  # of the facts of one page


def check(facts_json: str) -> None:
    """Raise a ValueError if the text is not JSON, or too long."""
    if len(facts_json.encode()) > MOST_BYTES:
        raise ValueError(f"the facts of a visit take more than {MOST_BYTES} bytes")
    json.loads(facts_json)


def save(connection: Connection, key: str, facts_json: str, now: float) -> None:
    """Store the facts under a secret key; they replace earlier facts of this key."""
    known = visits.c.key_hash == hash_of(key)
    values = {"facts": facts_json, "saved": now}
    changed = connection.execute(update(visits).where(known).values(values))
    if not changed.rowcount:
        connection.execute(insert(visits).values({"key_hash": hash_of(key), **values}))


def load(connection: Connection, key: str) -> str | None:
    """Load the facts that were stored under this key; None if there are none."""
    known = visits.c.key_hash == hash_of(key)
    return connection.execute(select(visits.c.facts).where(known)).scalar_one_or_none()
