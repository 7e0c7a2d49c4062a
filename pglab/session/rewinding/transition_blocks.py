"""Stores the transitions of a replay buffer in compressed blocks, which checkpoints share.

The transitions of a run are numbered from 0, in the order in which the buffer received them. The
number of a transition determines its place in the buffer. A run that goes back to a checkpoint
repeats the same transitions. So all checkpoints of a run can use the same blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pglab.records import Floats
from pglab.replay_buffer import ReplayBuffer, Transitions
from pglab.session.rewinding.byte_planes import compressed, decompressed

ROWS = 1_024  # number of transitions in a full block


@dataclass(frozen=True)
class Block:
    """A run's compressed transitions `first` to `end` − 1; `packed` has an item for each column."""

    first: int
    end: int
    packed: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes that this block takes."""
        return sum(map(len, self.packed))


def blocks_of(buffer: ReplayBuffer, known: Iterable[Block]) -> tuple[Block, ...]:
    """Return blocks with all transitions of the buffer; full blocks in `known` are reused."""
    whole = {block.first: block for block in known if block.end - block.first == ROWS}
    first, blocks = buffer.added - len(buffer), []
    for start in range(first - first % ROWS, buffer.added, ROWS):
        end = min(start + ROWS, buffer.added)
        block = whole.get(start) if end == start + ROWS else None
        blocks.append(block or _packed(buffer, max(start, first), end))
    return tuple(blocks)


def fill(buffer: ReplayBuffer, blocks: Sequence[Block], added: int) -> None:
    """Fill an empty buffer from the blocks of another buffer.

    `added` is the number of transitions that the other buffer had received.
    """
    buffer.added = added
    first = added - len(buffer)
    for block in blocks:
        skipped = max(first - block.first, 0)
        places = np.arange(block.first + skipped, block.end) % buffer.capacity
        width = buffer.columns.observations.shape[1]
        for column, rows in zip(buffer.columns, _unpacked(block, width), strict=True):
            column[places] = rows[skipped:]


def _packed(buffer: ReplayBuffer, first: int, end: int) -> Block:
    places = np.arange(first, end) % buffer.capacity
    rows = buffer.rows(places)
    rows = rows._replace(next_observations=_differences(rows))
    return Block(first, end, tuple(compressed(column) for column in rows))


def _unpacked(block: Block, width: int) -> Transitions:
    dtypes = [column.dtype for column in ReplayBuffer(0, width).columns]
    rows = Transitions(*map(decompressed, block.packed, dtypes))
    rows = rows._replace(
        observations=rows.observations.reshape(-1, width),
        next_observations=rows.next_observations.reshape(-1, width),
    )
    return rows._replace(next_observations=_differences(rows))


def _differences(rows: Transitions) -> Floats:
    """The next observations, combined by "exclusive or" with the observations one row later.

    Within an episode, these two observations are equal, so their bits become 0. A second "exclusive
    or" restores the next observations.
    """
    later = np.roll(rows.observations, -1, axis=0)
    return (rows.next_observations.view(np.uint32) ^ later.view(np.uint32)).view(np.float32)
