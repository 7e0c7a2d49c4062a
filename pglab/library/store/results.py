"""Stores the results of trained runs. Each function runs in the caller's transaction.

The key of a result is a digest of everything on which the result depends. So results have no owner,
and a stored result never changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select

from pglab.library.store.inserting import insert_new
from pglab.library.store.tables import results

MOST_BYTES = 20_000  # of one result
_KEY = re.compile(r"[0-9a-f]{64}")
_AT_ONCE = 1_000  # keys in one command; databases limit this number


def _is_key(text: str) -> bool:
    """True if the text has the form of a key: 64 hexadecimal digits, in lower case."""
    return _KEY.fullmatch(text) is not None


def check(results_by_key: Mapping[str, bytes]) -> None:
    """Raise a ValueError if a key does not have the form of a key, or if a result is too long."""
    if not all(map(_is_key, results_by_key)):
        raise ValueError("the key of a result has 64 hexadecimal digits, in lower case")
    if any(len(data) > MOST_BYTES for data in results_by_key.values()):
        raise ValueError(f"a result takes more than {MOST_BYTES} bytes")


def save(connection: Connection, results_by_key: Mapping[str, bytes], now: float) -> None:
    """Store the results under their keys; results that are already stored do not change."""
    # Sorted, because two transactions that insert the same keys in other orders block each other.
    pairs = sorted(results_by_key.items())
    rows = [{"key": key, "saved": now, "data": data} for key, data in pairs]
    if rows:
        insert_new(connection, results, rows)


def load(connection: Connection, keys: Iterable[str]) -> dict[str, bytes]:
    """Load results by their keys; leave out unknown keys, and texts that are not keys."""
    wanted = sorted(set(filter(_is_key, keys)))
    found: dict[str, bytes] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = results.c.key.in_(wanted[first : first + _AT_ONCE])
        rows = connection.execute(select(results.c.key, results.c.data).where(some))
        found.update((row.key, row.data) for row in rows)
    return found


def tidy(connection: Connection, most: int) -> None:
    """Delete the oldest results, so that at most `most` results stay."""
    exceeding = select(results.c.key).order_by(results.c.saved.desc()).offset(most)
    connection.execute(delete(results).where(results.c.key.in_(exceeding)))
