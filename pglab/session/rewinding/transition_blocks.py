"""Stores the transitions of a replay buffer in compressed blocks, which checkpoints share.

The transitions of a run are numbered from 0, in the order in which the buffer received them. The
number of a transition determines its place in the buffer. A run that goes back to a checkpoint
repeats the same transitions. So all checkpoints of a run can use the same blocks.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pglab.replay_buffer import ReplayBuffer

ROWS = 1_024  # number of transitions in a full block
LEVEL = 1  # compression level: higher levels need much more time and save little memory


@dataclass(frozen=True)
class Block:
    """The compressed transitions `first` to `end` − 1 of a run, one column after the other."""

    first: int
    end: int
    packed: bytes


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
        data, start = zlib.decompress(block.packed), 0
        count, skipped = block.end - block.first, max(first - block.first, 0)
        places = np.arange(block.first + skipped, block.end) % buffer.capacity
        for column in buffer.columns:
            size = count * column[:1].nbytes
            rows = np.frombuffer(data[start : start + size], column.dtype)
            column[places] = rows.reshape(count, *column.shape[1:])[skipped:]
            start += size


def _packed(buffer: ReplayBuffer, first: int, end: int) -> Block:
    places = np.arange(first, end) % buffer.capacity
    columns = b"".join(column[places].tobytes() for column in buffer.columns)
    return Block(first, end, zlib.compress(columns, LEVEL))
