"""Makes compact copies of runs.

A run consists of a few large arrays and of thousands of small objects. A packed run stores the
numbers in the networks and the optimisers as one compressed byte string, and the small objects as
another byte string. A packed run takes less than half the memory of an ordinary copy, and Python's
garbage collector does not search the bytes of a packed run.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pglab.algorithms.agents import AgentRun
from pglab.records import StepRecord
from pglab.replay_buffer import ReplayBuffer
from pglab.session.rewinding.byte_planes import (
    compressed,
    compressed_bytes,
    decompressed,
    decompressed_bytes,
)
from pglab.session.rewinding.transition_blocks import Block, blocks_of, fill
from pglab.stretch import StepColumns, step_records, stretch_of

UNIT = np.dtype(np.uint32)  # most numbers of a run have 32 bits, and no number has fewer


@dataclass(frozen=True)
class PackedRun:
    """A compact copy of a run; the copy never changes."""

    numbers: bytes  # the numbers of all tensors, compressed
    rest: bytes
    parts: tuple[object, ...]  # objects that never change; the run and its copies share them
    blocks: tuple[Block, ...]  # the transitions of the replay buffer

    @property
    def size(self) -> int:
        """The size of this copy in bytes, without the blocks, which other copies may share."""
        return len(self.numbers) + len(self.rest)

    def unpacked(self, *, buffer: bool = True) -> AgentRun:
        """Make an independent run from this copy.

        If `buffer` is False, the replay buffer of the new run is empty.
        """
        reader = _Reader(io.BytesIO(decompressed_bytes(self.rest)), self, buffer)
        run: AgentRun = reader.load()
        return run


def packed(run: AgentRun, known: Iterable[Block] = ()) -> PackedRun:
    """Make a compact copy of a run.

    `known` are the blocks of other copies of the same run. The new copy reuses the blocks that are
    full.
    """
    parts = never_changing(run)
    rest = io.BytesIO()
    writer = _Writer(rest, parts, known)
    writer.dump(run)
    numbers = compressed(np.frombuffer(b"".join(writer.numbers), UNIT))
    return PackedRun(numbers, compressed_bytes(rest.getvalue()), parts, writer.blocks)


def never_changing(run: AgentRun) -> tuple[object, ...]:
    """The objects in a run that never change, so that a run and its copies may share them."""
    inner = run.environment.unwrapped
    return (
        run.config,
        run.streams.weights,  # random numbers from this stream only initialise a new run
        inner.spec,
        inner.action_space,
        inner.observation_space,
        inner.metadata,
    )


class _Writer(pickle.Pickler):
    """Pickles a run without its tensors, its transitions, and the parts that never change."""

    def __init__(self, file: io.BytesIO, parts: Iterable[object], known: Iterable[Block]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.numbers: list[bytes] = []
        self.blocks: tuple[Block, ...] = ()
        self._known = known
        self._size = 0
        self._names: dict[int, tuple[Any, ...]] = {
            id(part): ("part", number) for number, part in enumerate(parts)
        }

    def persistent_id(self, found: Any) -> tuple[Any, ...] | None:
        """Return the tuple that replaces an object in the file; None if the object is pickled."""
        name = self._names.get(id(found))
        if name is None and isinstance(found, Tensor):
            name = self._names[id(found)] = self._tensor(found)
        elif isinstance(found, ReplayBuffer):
            self.blocks = blocks_of(found, self._known)
            width = found.columns.observations.shape[1]
            name = ("buffer", found.capacity, width, found.added)
        elif type(found) is list and found and isinstance(found[0], StepRecord):
            name = ("steps", *stretch_of(found).steps)
        return name

    def _tensor(self, tensor: Tensor) -> tuple[Any, ...]:
        array = tensor.detach().numpy()
        start, self._size = self._size, self._size + array.nbytes
        self.numbers.append(array.tobytes())
        learns = tensor.requires_grad if isinstance(tensor, nn.Parameter) else None
        return "tensor", start, array.shape, array.dtype.str, learns


class _Reader(pickle.Unpickler):
    """Makes a run from the bytes that a `_Writer` has written."""

    def __init__(self, file: io.BytesIO, packed: PackedRun, buffer: bool) -> None:
        super().__init__(file)
        self._packed = packed
        self._numbers = decompressed(packed.numbers, UNIT)
        self._with_buffer = buffer
        # Each key is a tensor's place in `numbers`. Networks and optimisers may share a tensor.
        self._tensors: dict[int, Tensor] = {}

    def persistent_load(self, name: tuple[Any, ...]) -> Any:
        """Return the object that a tuple in the file replaces."""
        kind, *rest = name
        if kind == "part":
            return self._packed.parts[rest[0]]
        if kind == "steps":
            return list(step_records(StepColumns(*rest)))
        if kind == "tensor":
            start = rest[0]
            if start not in self._tensors:
                self._tensors[start] = self._tensor(*rest)
            return self._tensors[start]
        capacity, width, added = rest
        buffer = ReplayBuffer(capacity, width)
        if self._with_buffer:
            fill(buffer, self._packed.blocks, added)
        return buffer

    def _tensor(
        self, start: int, shape: tuple[int, ...], dtype: str, learns: bool | None
    ) -> Tensor:
        count = int(np.prod(shape))
        array = np.frombuffer(self._numbers, dtype, count, start).reshape(shape)
        tensor = torch.from_numpy(array.copy())
        return tensor if learns is None else nn.Parameter(tensor, learns)
