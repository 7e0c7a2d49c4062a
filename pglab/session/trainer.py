"""Trains a run, either with the compiled engine or with the PyTorch reference code."""

from __future__ import annotations

import time
from typing import Protocol

from pglab.algorithms.agents import AgentRun, records_of_step
from pglab.algorithms.run import TrainingDiverged
from pglab.config import RunConfig
from pglab.engine.engine import MOST_STEPS, Engine, can_advance
from pglab.engine.engine import NO_LIMIT as NO_LIMIT
from pglab.records import EpisodeRecord, Record, UpdateRecord
from pglab.stretch import Stretch, stretch_of

FIRST_STEPS = 32  # steps of the first compiled call, when the speed is not known yet
LONGEST_CALL = 0.02  # approximate maximum time of one compiled call, in seconds


class Trainer(Protocol):
    """Trains one run. Each call of `advance` trains a stretch, which is a short part of the run."""

    problem: str | None
    """An error message if a number is no longer finite; the run then cannot continue."""

    @property
    def compiled_seconds(self) -> float:
        """Wall-clock seconds spent in compiled code."""

    def advance(
        self, steps: int, episodes: int = NO_LIMIT, updates: int = NO_LIMIT, *, seconds: float
    ) -> Stretch:
        """Train at least one step, and stop as soon as one of the limits is reached.

        Args:
            steps: maximum number of environment steps.
            episodes: number of ended episodes after which training stops.
            updates: number of updates after which training stops.
            seconds: approximate limit in seconds of wall clock.
        """

    def save(self) -> None:
        """Write the present state into the fields of the run, so that the run can be copied."""


def is_compiled(config: RunConfig) -> bool:
    """True if the compiled engine is chosen in the settings and can train this agent."""
    return config.engine == "fast" and can_advance(config)


def trainer_for(run: AgentRun) -> Trainer:
    """Make a trainer that continues a run from the run's present state."""
    return CompiledTrainer(run) if is_compiled(run.config) else ReferenceTrainer(run)


class CompiledTrainer:
    """Trains a run in compiled code."""

    def __init__(self, run: AgentRun) -> None:
        self.problem: str | None = None
        self._engine = Engine(run)
        self._seconds_per_step: float | None = None

    @property
    def compiled_seconds(self) -> float:
        """Wall-clock seconds spent in compiled code."""
        return self._engine.compiled_seconds

    def advance(
        self, steps: int, episodes: int = NO_LIMIT, updates: int = NO_LIMIT, *, seconds: float
    ) -> Stretch:
        """Train a short part of the run; see `Trainer.advance`."""
        begun, before = time.perf_counter(), self._engine.global_step
        stretch = self._engine.advance(min(steps, self._steps_in(seconds)), episodes, updates)
        taken = max(self._engine.global_step - before, 1)
        self._seconds_per_step = (time.perf_counter() - begun) / taken
        try:
            self._engine.require_finite()
        except TrainingDiverged as diverged:
            self.problem = str(diverged)
        return stretch

    def save(self) -> None:
        """Write the state of the compiled engine into the run."""
        self._engine.save()

    def _steps_in(self, seconds: float) -> int:
        if self._seconds_per_step is None:
            return FIRST_STEPS
        return max(1, min(MOST_STEPS, int(min(seconds, LONGEST_CALL) / self._seconds_per_step)))


class ReferenceTrainer:
    """Trains a run with the PyTorch code that the pages show."""

    def __init__(self, run: AgentRun) -> None:
        self.problem: str | None = None
        self._run = run
        self.compiled_seconds = 0.0

    def advance(
        self, steps: int, episodes: int = NO_LIMIT, updates: int = NO_LIMIT, *, seconds: float
    ) -> Stretch:
        """Train a short part of the run; see `Trainer.advance`."""
        deadline = time.perf_counter() + seconds
        records: list[Record] = []
        try:
            while steps > 0 and episodes > 0 and updates > 0 and not self._run.over:
                for record in records_of_step(self._run):
                    records.append(record)
                    episodes -= isinstance(record, EpisodeRecord)
                    updates -= isinstance(record, UpdateRecord)
                steps -= 1
                if time.perf_counter() >= deadline:
                    break
        except TrainingDiverged as diverged:
            self.problem = str(diverged)
        return stretch_of(records)

    def save(self) -> None:
        """Do nothing, because the PyTorch code already writes its state into the run."""
