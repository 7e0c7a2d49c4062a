"""Chooses the algorithm that belongs to a configuration."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.algorithms import actor_critic, reinforce
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.records import Record, StepRecord

AgentConfig = ReinforceConfig | ActorCriticConfig
AgentRun = reinforce.ReinforceRun | actor_critic.ActorCriticRun


def begin(config: AgentConfig) -> AgentRun:
    """Make a new run that has not taken a step yet.

    Raises:
        ConfigError: the environment cannot be used.
    """
    match config:
        case ReinforceConfig():
            return reinforce.start(config)
        case ActorCriticConfig():
            return actor_critic.start(config)


def records_of(run: AgentRun) -> Iterator[Record]:
    """Continue a run in PyTorch, and return an iterator over its records.

    Call this function only between two environment steps.
    """
    match run:
        case reinforce.ReinforceRun():
            return reinforce.reinforce(run)
        case actor_critic.ActorCriticRun():
            return actor_critic.actor_critic(run)


def records_of_step(run: AgentRun) -> Iterator[Record]:
    """Take the next environment step, and yield its records in the order step, episode, update.

    Call this function only between two environment steps.

    Raises:
        TrainingDiverged: a number in the training is no longer finite.
    """
    # A new generator begins with a step. The old generator would first check whether an update is
    # due, but the settings may have changed since the last step.
    records = records_of(run)
    step = next(records)
    assert isinstance(step, StepRecord)
    yield step
    if step.ended:
        yield next(records)
    if run.update_due:
        yield next(records)
