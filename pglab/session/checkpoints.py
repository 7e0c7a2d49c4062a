"""Checkpoints: complete copies of a run, to which the run can be rewound later.

Recent checkpoints lie closer together than old checkpoints.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from pglab.algorithms.agents import AgentConfig, AgentRun
from pglab.networks import parameter_count
from pglab.session.history import HistoryMark

MOST_CHECKPOINTS = 24
MOST_BYTES = 64_000_000
SHORTEST_SPACING = 500  # environment steps
SPACING_SHARE = 0.08  # of the steps taken so far: a long run is copied less often
FLOATS_PER_PARAMETER = 3  # the parameter and Adam's two running means
BYTES_PER_STEP = 100  # size of a row of the latest steps


def copy_of_run(run: AgentRun) -> AgentRun:
    """An independent copy of a run, as by `copy.deepcopy`, but in half the time.

    `deepcopy` alone would copy the many empty containers of every module and optimiser one by one.
    """
    memo: dict[int, Any] = {id(part): part for part in _never_changing(run)}
    parts = list(vars(run).values())
    for module in parts:
        if isinstance(module, nn.Module):
            _copy_module(module, memo)
    for optimiser in parts:
        if isinstance(optimiser, Optimizer):
            for state in optimiser.state.values():
                memo |= {id(v): v.clone() for v in state.values() if isinstance(v, Tensor)}
    return copy.deepcopy(run, memo)


def _never_changing(run: AgentRun) -> list[object]:
    """Parts that a run and its copy may share."""
    inner = run.environment.unwrapped
    return [run.config, inner.spec, inner.action_space, inner.observation_space, inner.metadata]


def _copy_module(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    """Copy a module without hooks and buffers, and note the copies of its parts in `memo`."""
    if id(module) not in memo:
        made = memo[id(module)] = copy.copy(module)
        made._modules = {
            name: part and _copy_module(part, memo) for name, part in module._modules.items()
        }
        made._parameters = {
            name: None if own is None else _copy_parameter(own, memo)
            for name, own in module._parameters.items()
        }
        for name, value in vars(module).items():
            if not name.startswith("_"):  # such as a list of the parameters of some modules
                setattr(made, name, copy.deepcopy(value, memo))
    known: nn.Module = memo[id(module)]
    return known


def _copy_parameter(parameter: nn.Parameter, memo: dict[int, Any]) -> nn.Parameter:
    if id(parameter) not in memo:
        memo[id(parameter)] = nn.Parameter(parameter.detach().clone(), parameter.requires_grad)
    known: nn.Parameter = memo[id(parameter)]
    return known


@dataclass(frozen=True)
class Checkpoint:
    """A copy of a run, taken between two environment steps.

    A checkpoint never changes: a rewound run continues from a copy of the checkpoint. `seconds` is
    the processor time that training took up to this step.
    """

    run: AgentRun
    history: HistoryMark
    seconds: float
    size: int = field(init=False)
    """Approximate size in memory, in bytes."""

    def __post_init__(self) -> None:
        """Compute the size once, since each new checkpoint needs the sizes of all others."""
        buffer = getattr(self.run, "buffer", None)
        size = 4 * FLOATS_PER_PARAMETER * parameter_count(*self.networks.values())
        size += 0 if buffer is None else buffer.size
        object.__setattr__(self, "size", size + BYTES_PER_STEP * len(self.history.steps.action))

    @property
    def global_step(self) -> int:
        """Number of environment steps that the run took before this checkpoint."""
        return self.run.global_step

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks at this step; callers must not change them."""
        return self.run.networks


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
        self._kept.append(Checkpoint(copy_of_run(run), history, seconds))
        self._kept.sort(key=lambda checkpoint: checkpoint.global_step)
        while len(self._kept) > MOST_CHECKPOINTS or self._too_large:
            del self._kept[least_missed([kept.global_step for kept in self._kept])]

    def forget_after(self, global_step: int) -> None:
        """Drop the checkpoints after this step."""
        self._kept = [kept for kept in self._kept if kept.global_step <= global_step]

    @property
    def _too_large(self) -> bool:
        return len(self._kept) > 2 and sum(kept.size for kept in self._kept) > MOST_BYTES


def least_missed(steps: Sequence[int]) -> int:
    """Index of the checkpoint to drop; the first and the last checkpoint always stay.

    Dropping this checkpoint leaves the smallest gap, relative to the age of the gap. Recent
    checkpoints thus stay closer together than old checkpoints.
    """
    now = steps[-1]
    gaps = [
        (after - before) / (now - before)
        for before, after in zip(steps[:-2], steps[2:], strict=True)
    ]
    return 1 + gaps.index(min(gaps))
