"""Draws configurations at random over all settings."""

from __future__ import annotations

import dataclasses
import math
from random import Random
from typing import Any

from pglab.algorithms.agents import AgentConfig, begin
from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig
from pglab.config.setting import MAX_HIDDEN_LAYERS, Setting, type_of
from pglab.environments import ENVIRONMENTS
from pglab.networks import parameter_count


def drawn_config(dice: Random, total_steps: int, most_work: float = math.inf) -> AgentConfig:
    """Draw a configuration of the reference engine. One of five trains REINFORCE.

    A configuration is drawn again if two of its settings conflict, or if training would need more
    than `most_work` multiplications.
    """
    kind: type[AgentConfig] = ReinforceConfig if dice.random() < 0.2 else ActorCriticConfig
    while True:
        values = {field.name: _drawn(dice, field) for field in dataclasses.fields(kind)}
        values |= {"engine": "reference", "total_steps": total_steps}
        try:
            config = kind(**values)
        except ConfigError:
            continue
        if most_work == math.inf or _work(config) <= most_work:
            return config


def _drawn(dice: Random, field: dataclasses.Field[Any]) -> Any:
    described: Setting = field.metadata["setting"]
    kind = type_of(field)
    if field.name == "env_id":
        return dice.choice(list(ENVIRONMENTS))
    if described.choices:
        return dice.choice(list(described.choices))
    if kind is bool:
        return dice.random() < 0.5
    if kind is tuple:
        return tuple(dice.choices(described.stops, k=dice.randint(0, MAX_HIDDEN_LAYERS)))
    if described.stops and dice.random() < 0.5:
        return dice.choice(described.stops)
    return _number(dice, described, whole=kind is int)


def _number(dice: Random, described: Setting, whole: bool) -> float:
    """Draw a number between the limits of a setting; half of the large numbers by magnitude.

    Like a number that a person types, a fraction has three significant digits.
    """
    low, high = described.minimum, described.maximum
    assert low is not None
    assert high is not None
    by_magnitude = described.scale == "log" or (low > 0 and dice.random() < 0.5)
    if by_magnitude:
        number = math.exp(dice.uniform(math.log(low), math.log(high)))
    else:
        number = dice.uniform(low, high)
    number = round(number) if whole else float(f"{number:.3g}")
    return min(max(number, low), high)


def _work(config: AgentConfig) -> float:
    """Roughly how many multiplications training needs."""
    agent = begin(config.changed(total_steps=1_000))
    parameters = parameter_count(*agent.networks.values())
    step = 10 * parameters  # the agent acts and learns from the step
    if isinstance(config, ReinforceConfig):
        return config.total_steps * step
    update = 100 * parameters + 5e6  # Adam, and the time that each call takes
    if config.critic_data == "replay":
        update += config.critic_updates * (4 * config.batch_size * parameters + update)
    return config.total_steps * (step + update / config.rollout_steps)
