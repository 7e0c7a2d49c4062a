"""Trains an agent, and yields a record of each step, episode and update."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.algorithms.agents import AgentConfig, begin, records_of
from pglab.records import Record


def train(config: AgentConfig) -> Iterator[Record]:
    """Train a new agent, and yield a record of each step, episode and update.

    Training ends after `total_steps` steps. If `stop_when_solved` is set, training also ends when
    the task is solved. On the same machine, with the same versions of the packages, a configuration
    gives the same records bit for bit.

    Raises:
        ConfigError: the environment cannot be used.
        TrainingDiverged: a number is no longer finite. The message says what to change.
    """
    return records_of(begin(config))
