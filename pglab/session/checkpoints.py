"""Where a run can be gone back to: copies of its whole state, fewer the longer ago they are."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from pglab.algorithms.families import AgentConfig, AgentRun
from pglab.networks import parameter_count
from pglab.session.history import HistoryMark

MOST_CHECKPOINTS = 24
MOST_BYTES = 64_000_000
SHORTEST_SPACING = 500  # environment steps
SPACING_SHARE = 0.08  # of the steps taken so far: a long run need not copy itself more often
FLOATS_PER_PARAMETER = 3  # the weight and Adam's two means
BYTES_PER_STEP = 700  # of a step record with its arrays


@dataclass(frozen=True)
class Checkpoint:
    """A run as it stood between two steps. Nothing changes it: a run goes on from a copy.

    `seconds` is the time that the run had taken to train.
    """

    run: AgentRun
    history: HistoryMark
    seconds: float

    @property
    def global_step(self) -> int:
        """Environment steps taken by then."""
        return self.run.global_step

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks of then, to be looked at only."""
        return self.run.networks

    @property
    def size(self) -> int:
        """Bytes of memory, roughly."""
        buffer = getattr(self.run, "buffer", None)
        return (
            4 * FLOATS_PER_PARAMETER * parameter_count(*self.networks.values())
            + (0 if buffer is None else buffer.size)
            + BYTES_PER_STEP * len(self.history.steps)
        )


@dataclass(frozen=True)
class Snapshot:
    """The networks of one run of a visit as they stood after some steps; nothing changes them."""

    run: int  # 1 for the visit's first
    global_step: int
    config: AgentConfig
    networks: Mapping[str, nn.Module]


class Checkpoints:
    """Those of one run, in order of their steps, bounded in number and in bytes."""

    def __init__(self) -> None:
        """None yet."""
        self._kept: list[Checkpoint] = []

    @property
    def all(self) -> Sequence[Checkpoint]:
        """From the first to the last."""
        return tuple(self._kept)

    def due(self, global_step: int) -> bool:
        """Whether a run that has come this far should be copied again."""
        last = self._kept[-1].global_step if self._kept else -math.inf
        return global_step - last >= max(SHORTEST_SPACING, SPACING_SHARE * global_step)

    def add(self, run: AgentRun, history: HistoryMark, seconds: float) -> None:
        """Keep a copy of the run as it stands, unless there is one of this step."""
        if any(known.global_step == run.global_step for known in self._kept):
            return
        self._kept.append(Checkpoint(copy.deepcopy(run), history, seconds))
        self._kept.sort(key=lambda checkpoint: checkpoint.global_step)
        while len(self._kept) > MOST_CHECKPOINTS or self._too_large:
            del self._kept[least_missed([kept.global_step for kept in self._kept])]

    def forget_after(self, global_step: int) -> None:
        """Drop those of a future that will not come."""
        self._kept = [kept for kept in self._kept if kept.global_step <= global_step]

    @property
    def _too_large(self) -> bool:
        return len(self._kept) > 2 and sum(kept.size for kept in self._kept) > MOST_BYTES


def least_missed(steps: Sequence[int]) -> int:
    """Index of the checkpoint to drop: never the first or the last.

    It is the one that leaves the smallest gap in proportion to how long ago it was, which makes
    the rest denser where they are recent.
    """
    now = steps[-1]
    gaps = [
        (after - before) / (now - before)
        for before, after in zip(steps[:-2], steps[2:], strict=True)
    ]
    return 1 + gaps.index(min(gaps))
