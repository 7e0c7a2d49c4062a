"""Training as a generator of records."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.algorithms.agents import AgentConfig, begin, records_of
from pglab.records import Record


def train(config: AgentConfig) -> Iterator[Record]:
    """Train from the start, and yield StepRecord, EpisodeRecord and UpdateRecord.

    Training ends at `total_steps`, or when the task is solved if `stop_when_solved` is set. On the
    same machine, with the same versions of the packages, a configuration gives the same records
    bit for bit.

    Raises:
        ConfigError: the environment cannot be used.
        TrainingDiverged: a number is no longer finite. The message says what to change.
    """
    return records_of(begin(config))
