"""The transitions of a replay buffer in compressed blocks, which the checkpoints of a run share.

The transitions of a run are numbered from 0, in the order in which the buffer got them. The number
decides where in the buffer a transition is, and a run always repeats the same transitions. So a
block that one checkpoint has made serves all other checkpoints of the same run.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pglab.replay_buffer import ReplayBuffer

ROWS = 1_024  # of a whole block
LEVEL = 1  # of compression: higher levels need much more time and gain little


@dataclass(frozen=True)
class Block:
    """The transitions with the numbers from `first` to before `end`, one column after the other."""

    first: int
    end: int
    packed: bytes


def blocks_of(buffer: ReplayBuffer, known: Iterable[Block]) -> tuple[Block, ...]:
    """Return blocks that contain all transitions of the buffer; whole `known` blocks are reused."""
    whole = {block.first: block for block in known if block.end - block.first == ROWS}
    first, blocks = buffer.added - len(buffer), []
    for start in range(first - first % ROWS, buffer.added, ROWS):
        end = min(start + ROWS, buffer.added)
        block = whole.get(start) if end == start + ROWS else None
        blocks.append(block or _packed(buffer, max(start, first), end))
    return tuple(blocks)


def fill(buffer: ReplayBuffer, blocks: Sequence[Block], added: int) -> None:
    """Fill an empty buffer with the blocks of a buffer that got `added` transitions."""
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
