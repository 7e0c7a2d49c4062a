"""Which generator a configuration asks for."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.algorithms import actor_critic, reinforce
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.records import Record

AgentConfig = ReinforceConfig | ActorCriticConfig
AgentRun = reinforce.ReinforceRun | actor_critic.ActorCriticRun


def begin(config: AgentConfig) -> AgentRun:
    """A run that has not taken a step yet.

    Raises:
        ConfigError: the environment cannot be used.
    """
    match config:
        case ReinforceConfig():
            return reinforce.start(config)
        case ActorCriticConfig():
            return actor_critic.start(config)


def records_of(run: AgentRun) -> Iterator[Record]:
    """The records of a run from where it stands between two steps."""
    match run:
        case reinforce.ReinforceRun():
            return reinforce.reinforce(run)
        case actor_critic.ActorCriticRun():
            return actor_critic.actor_critic(run)
