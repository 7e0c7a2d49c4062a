"""Which generator a configuration asks for."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.algorithms import actor_critic, reinforce
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.records import Record

AgentConfig = ReinforceConfig | ActorCriticConfig
AgentRun = reinforce.ReinforceRun | actor_critic.ActorCriticRun


def begin(config: AgentConfig) -> tuple[AgentRun, Iterator[Record]]:
    """A run that has not taken a step yet, and its records.

    Raises:
        ConfigError: the environment cannot be used.
    """
    match config:
        case ReinforceConfig():
            monte_carlo = reinforce.start(config)
            return monte_carlo, reinforce.reinforce(monte_carlo)
        case ActorCriticConfig():
            with_critic = actor_critic.start(config)
            return with_critic, actor_critic.actor_critic(with_critic)
