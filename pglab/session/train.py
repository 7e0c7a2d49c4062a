"""Trains an agent, and yields a record of each step, episode and update."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pglab.algorithms.agents import AgentConfig, AgentRun, begin
from pglab.algorithms.agents import records_of as records_of_reference
from pglab.algorithms.run import TrainingDiverged
from pglab.records import Record
from pglab.session.trainer import is_compiled, trainer_for
from pglab.stretch import records_of

STEPS_AHEAD = 256  # number of steps that are trained before their records are yielded


def train(config: AgentConfig) -> Iterator[Record]:
    """Train a new agent, and yield a record of each step, episode and update.

    Training ends after `total_steps` steps. If `stop_when_solved` is set, training also ends when
    the task is solved. The records are the same bit for bit if the configuration, the machine and
    the package versions are the same.

    Raises:
        ConfigError: the environment cannot be used.
        TrainingDiverged: a number is no longer finite. The message says what to change.
    """
    run = begin(config)
    return _records_in_stretches(run) if is_compiled(config) else records_of_reference(run)


def _records_in_stretches(run: AgentRun) -> Iterator[Record]:
    trainer = trainer_for(run)
    while not run.over:
        yield from records_of(trainer.advance(STEPS_AHEAD, seconds=math.inf))
        if trainer.problem is not None:
            raise TrainingDiverged(trainer.problem)
