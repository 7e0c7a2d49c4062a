"""From a configuration to the records of its run."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.algorithms.families import AgentConfig, begin, records_of
from pglab.records import Record


def train(config: AgentConfig) -> Iterator[Record]:
    """Train from the beginning, yielding StepRecord, EpisodeRecord and UpdateRecord.

    Ends at `total_steps` or when solved. On the same machine, with the same versions of the
    packages, a configuration gives the same records bit for bit, whatever else the process does.

    Raises:
        ConfigError: the environment cannot be used.
        TrainingDiverged: the numbers are no longer finite; the message says what to change.
    """
    return records_of(begin(config))
