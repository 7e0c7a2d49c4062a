"""Writes `train.py`, a script that repeats a run and needs only PyTorch, Gymnasium and NumPy."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment

from pglab.algorithms.agents import AgentConfig
from pglab.config import ReinforceConfig
from pglab.library.scripts.actor_critic_words import ActorCriticWords
from pglab.library.scripts.plan import sequential
from pglab.library.scripts.reinforce_plan import ReinforcePlan
from pglab.library.templates import templates_of


def train_script(config: AgentConfig) -> str:
    """Write a Python script that trains the agent of this configuration, and no other agent.

    On the same machine with the same package versions, the script and the reference engine have
    the same returns, bit for bit. The setting `engine` has no effect. The script prints each
    episode; its function `train` yields the exact returns. If training diverges, the script and
    the reference engine stop at the same step, with two exceptions. The script goes on if the
    actor does not learn and its unused loss is no longer finite. And a gradient that overflows
    while the loss is finite stops a script without symexp and clipping only afterwards.

    Raises:
        ConfigError: the environment cannot be used.
    """
    if isinstance(config, ReinforceConfig):
        return _written("reinforce.jinja", config, ReinforcePlan(config))
    return _written("actor_critic.jinja", config, ActorCriticWords(config))


def literal(value: str | int | float | tuple[int, ...]) -> str:
    """Write a value as Python source: integers with underscores, floats exactly."""
    match value:
        case str():
            return json.dumps(value)
        case int():
            return f"{value:_}"
        case float():
            return repr(value)
        case _:
            return f"({', '.join(map(literal, value))})"


def _written(template: str, config: AgentConfig, plan: ReinforcePlan | ActorCriticWords) -> str:
    context: dict[str, Any] = {"config": config, "plan": plan}
    return _templates().get_template(template).render(context)


@cache
def _templates() -> Environment:
    templates = templates_of("pglab.library.scripts", html=False)
    templates.filters["literal"] = literal
    templates.filters["sequential"] = sequential
    return templates
