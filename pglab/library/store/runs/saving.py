"""Saves runs, and loads them again. Each function runs in the caller's transaction."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from pglab.language import N_, _
from pglab.library.state.taking import StateError
from pglab.library.store.problems import RunDeleted, TakenOver
from pglab.library.store.runs.kept import KeptRun, Stored, hash_of
from pglab.library.store.runs.rows import ROW, AnyRow, columns_of, fields_of, searched_text
from pglab.library.store.tables import blocks, contents, runs
from pglab.session.rewinding.transition_blocks import Block

WRITTEN_ELSEWHERE = N_(
    "Another tab continues this run now, so this page no longer saves it. Continue in a copy."
)
NOT_YOURS = N_("This run belongs to somebody else. Continue in a copy.")


def save(connection: Connection, kept: KeptRun, now: float) -> None:
    """Insert or update a run; write nothing if the same state is already stored.

    Raises:
        RunDeleted: the run was stored before, and was deleted since then.
        TakenOver: the run belongs to another owner, or another visit writes it.
    """
    known = _locked_row(connection, kept.address)
    if known is None and kept.was_stored:
        raise RunDeleted
    if known is not None:
        _require_owner(known, kept.owner)
        if known.writer != kept.writer:
            raise TakenOver(_(WRITTEN_ELSEWHERE))
    digest = _digest([kept.data])
    if known is None:
        first = {"owner_hash": hash_of(kept.owner), "writer": kept.writer, "pinned": False}
        values = {**first, "address": kept.address, "started": now, "name": "", "note": ""}
        connection.execute(insert(runs).values({**values, **_changing(kept, "", "", digest, now)}))
        connection.execute(insert(contents).values(address=kept.address, data=kept.data))
        _save_blocks(connection, kept)
    elif _save_blocks(connection, kept) or known.digest != digest:
        values = _changing(kept, known.name, known.note, digest, now)
        connection.execute(update(runs).where(runs.c.address == kept.address).values(values))
        connection.execute(
            update(contents).where(contents.c.address == kept.address).values(data=kept.data)
        )


def take_over(connection: Connection, address: str, owner: str, writer: str) -> None:
    """Let another visit of the owner write a run from now on.

    Raises:
        TakenOver: the run belongs to another owner.
    """
    known = _locked_row(connection, address)
    if known is not None:
        _require_owner(known, owner)
        connection.execute(update(runs).where(runs.c.address == address).values(writer=writer))


def load(connection: Connection, address: str) -> Stored | None:
    """Load a run; return None if no such run is stored.

    Raises:
        StateError: the stored bytes are damaged.
    """
    row = connection.execute(
        select(*ROW, runs.c.owner_hash, runs.c.digest, contents.c.data)
        .join_from(runs, contents)
        .where(runs.c.address == address)
    ).one_or_none()
    if row is None:
        return None
    _require_intact([row.data], row.digest)
    return Stored(
        **fields_of(row),
        data=row.data,
        blocks=_blocks(connection, address),
        owner_hash=row.owner_hash,
    )


def _locked_row(connection: Connection, address: str) -> AnyRow | None:
    """Load the row of a run; nobody else can change the row before the transaction ends."""
    return connection.execute(
        select(runs.c.owner_hash, runs.c.writer, runs.c.name, runs.c.note, runs.c.digest)
        .where(runs.c.address == address)
        .with_for_update()
    ).one_or_none()


def _require_owner(known: AnyRow, owner: str) -> None:
    if not hmac.compare_digest(known.owner_hash, hash_of(owner)):
        raise TakenOver(_(NOT_YOURS))


def _changing(kept: KeptRun, name: str, note: str, digest: str, now: float) -> dict[str, Any]:
    """Return the columns that change when a run is saved again, with their new values."""
    return {
        **columns_of(kept.summary),
        "searched": searched_text(name, note, kept.summary),
        "saved": now,
        "digest": digest,
        "size": len(kept.data) + sum(block.size for block in kept.blocks),
    }


def _save_blocks(connection: Connection, kept: KeptRun) -> bool:
    """Write the blocks that are not stored yet, and delete those that the buffer has dropped.

    A block counts as stored only if the stored block has the same digest. After a rewind with
    other settings, a block may have the same row numbers as a stored block, but other transitions.

    Returns:
        True if anything has changed.
    """
    of_run = blocks.c.address == kept.address
    found = connection.execute(
        select(blocks.c.first_row, blocks.c.end_row, blocks.c.digest).where(of_run)
    )
    stored = {tuple(row) for row in found}
    wanted = {(block.first, block.end, _digest(block.packed)): block for block in kept.blocks}
    dropped = [first for first, *_rest in stored - wanted.keys()]
    if dropped:
        connection.execute(delete(blocks).where(of_run, blocks.c.first_row.in_(dropped)))
    new = [
        {
            "address": kept.address,
            "first_row": first,
            "end_row": end,
            "digest": digest,
            "lengths": json.dumps(list(map(len, block.packed))),
            "packed": b"".join(block.packed),
        }
        for (first, end, digest), block in wanted.items()
        if (first, end, digest) not in stored
    ]
    if new:
        connection.execute(insert(blocks), new)
    return bool(dropped or new)


def _blocks(connection: Connection, address: str) -> tuple[Block, ...]:
    rows = connection.execute(
        select(blocks).where(blocks.c.address == address).order_by(blocks.c.first_row)
    )
    return tuple(_block(row) for row in rows)


def _block(row: AnyRow) -> Block:
    ends = list(itertools.accumulate(json.loads(row.lengths), initial=0))
    pieces = tuple(row.packed[start:end] for start, end in itertools.pairwise(ends))
    _require_intact(pieces, row.digest)
    return Block(row.first_row, row.end_row, pieces)


def _digest(pieces: Iterable[bytes]) -> str:
    """Hash the pieces with SHA-256; the length of each piece is hashed before the piece."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.hexdigest()


def _require_intact(pieces: Sequence[bytes], digest: str) -> None:
    if _digest(pieces) != digest:
        raise StateError(_("The stored run is damaged."))
