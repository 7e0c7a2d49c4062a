"""Keeps checkpoints: complete copies of a run, to which the run can go back later.

Recent checkpoints lie closer together than old checkpoints.
"""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import nn

from pglab.algorithms.agents import AgentConfig, AgentRun
from pglab.session.history import HistoryMark
from pglab.session.rewinding.byte_planes import compressed_bytes, decompressed_bytes
from pglab.session.rewinding.packed import PackedRun, never_changing, packed

MOST_CHECKPOINTS = 24
FEWEST_CHECKPOINTS = 8  # this many checkpoints are kept even if the networks are large
# Limit for all checkpoints of a run, if there are more than `FEWEST_CHECKPOINTS`. The limit is low
# because many visitors share a server.
MOST_BYTES = 3_500_000
MOST_BYTES_WITH_BUFFER = 24_000_000
SHORTEST_SPACING = 500  # minimum number of environment steps between two new checkpoints
SPACING_SHARE = 0.08  # minimum spacing as a share of the steps so far, so the spacing grows


def copy_of_run(run: AgentRun) -> AgentRun:
    """An independent copy of a run; only objects that never change are shared with the run."""
    return copy.deepcopy(run, {id(part): part for part in never_changing(run)})


@dataclass(frozen=True)
class Checkpoint:
    """A copy of a run and its history, taken between two environment steps.

    A checkpoint never changes, because `run` and `history` make a new copy at each call. `seconds`
    is the processor time that training took up to this step.
    """

    global_step: int
    config: AgentConfig
    packed: PackedRun
    packed_history: bytes
    seconds: float

    @property
    def size(self) -> int:
        """The size of this checkpoint in bytes, without the transitions of the replay buffer."""
        return self.packed.size + len(self.packed_history)

    def run(self) -> AgentRun:
        """An independent copy of the run at this step."""
        return self.packed.unpacked()

    def history(self) -> HistoryMark:
        """The state of the history at this step."""
        mark: HistoryMark = pickle.loads(decompressed_bytes(self.packed_history))
        return mark

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks at this step; the first access to a network unpacks all networks."""
        return _Networks(self.packed)


class _Networks(Mapping[str, nn.Module]):
    """The networks of a packed run; the first access to a network unpacks all networks."""

    def __init__(self, packed: PackedRun) -> None:
        self._packed = packed

    @cached_property
    def _made(self) -> Mapping[str, nn.Module]:
        return self._packed.unpacked(buffer=False).networks

    def __getitem__(self, name: str) -> nn.Module:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


@dataclass(frozen=True)
class Snapshot:
    """A copy of one run's networks at one step; the copy is never trained."""

    run: int  # number of the run; the visit's first run is 1
    global_step: int
    config: AgentConfig
    networks: Mapping[str, nn.Module]


class Checkpoints:
    """The checkpoints of one run, sorted by step.

    The number of checkpoints and their total size in bytes are limited.
    """

    def __init__(self) -> None:
        self._kept: list[Checkpoint] = []

    @property
    def all(self) -> Sequence[Checkpoint]:
        """All checkpoints, sorted by step."""
        return tuple(self._kept)

    def due(self, global_step: int) -> bool:
        """True if the run needs a new checkpoint at this step."""
        return global_step >= self.next_due

    @property
    def next_due(self) -> int:
        """The environment step at which the run needs its next checkpoint."""
        if not self._kept:
            return 0
        last = self._kept[-1].global_step
        return max(last + SHORTEST_SPACING, math.ceil(last / (1 - SPACING_SHARE)))

    def add(self, run: AgentRun, history: HistoryMark, seconds: float) -> None:
        """Add a copy of the run, unless this step already has a checkpoint."""
        if any(known.global_step == run.global_step for known in self._kept):
            return
        known = [block for kept in self._kept for block in kept.packed.blocks]
        packed_history = compressed_bytes(pickle.dumps(history, pickle.HIGHEST_PROTOCOL))
        self._kept.append(
            Checkpoint(run.global_step, run.config, packed(run, known), packed_history, seconds)
        )
        self._kept.sort(key=lambda checkpoint: checkpoint.global_step)
        while len(self._kept) > MOST_CHECKPOINTS or self._too_large:
            del self._kept[least_missed([kept.global_step for kept in self._kept])]

    def forget_after(self, global_step: int) -> None:
        """Drop the checkpoints after this step."""
        self._kept = [kept for kept in self._kept if kept.global_step <= global_step]

    @property
    def size(self) -> int:
        """The size of all checkpoints in bytes, with the transitions of the replay buffer."""
        blocks = {id(block): block for kept in self._kept for block in kept.packed.blocks}
        return self._own_size + sum(block.size for block in blocks.values())

    @property
    def _own_size(self) -> int:
        return sum(kept.size for kept in self._kept)

    @property
    def _too_large(self) -> bool:
        count = len(self._kept)
        return (count > FEWEST_CHECKPOINTS and self._own_size > MOST_BYTES) or (
            count > 2 and self.size > MOST_BYTES_WITH_BUFFER
        )


def least_missed(steps: Sequence[int]) -> int:
    """Index of the checkpoint to drop; the first and the last checkpoint always stay.

    Dropping a checkpoint leaves a gap between its neighbours. Each gap is divided by the number of
    steps from the beginning of the gap to the last checkpoint. The function chooses the checkpoint
    with the smallest quotient. So recent checkpoints stay closer together than old checkpoints.
    """
    now = steps[-1]
    gaps = [
        (after - before) / (now - before)
        for before, after in zip(steps[:-2], steps[2:], strict=True)
    ]
    return 1 + gaps.index(min(gaps))
