"""Describes agents in words: their names, their differences and their common settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pglab.algorithms.agents import AgentConfig
from pglab.config import (
    ActorCriticConfig,
    ReinforceConfig,
    format_value,
    settings_of,
    success_return_of,
)
from pglab.config.choice_names import choice_name
from pglab.language import N_, _

LETTERS = "ABCD"  # letters that distinguish agents with otherwise equal names
# These settings belong to a whole comparison, so they are not differences between agents.
NOT_COMPARED = ("seed", "stop_when_solved", "total_steps")
MOST_IN_A_NAME = 2  # the most differences in an agent's name
# An agent's name begins with these settings, because readers ask for these settings first.
FOREMOST = ("algorithm", "env_id", "body", "critic_data")
HELD = (
    *FOREMOST,
    "learning_rate",
    "rollout_steps",
    "critic_updates",
    "batch_size",
    "policy_signal",
    "baseline",
    "gamma",
    "hidden_sizes",
)
PRESETS: tuple[tuple[str, AgentConfig], ...] = (
    (N_("REINFORCE"), ReinforceConfig()),
    (N_("shared body"), ActorCriticConfig.shared_on_policy()),
    (N_("split bodies"), ActorCriticConfig.split_replay()),
)


@dataclass(frozen=True)
class Difference:
    """A property in which agents differ: its name, its label, and the value of each agent.

    `short` contains the values in a shorter form, for a legend. `own` is False if at least one
    agent ignores this property because of another setting.
    """

    name: str
    label: str
    values: tuple[str, ...]
    short: tuple[str, ...]
    own: bool = True


def differences_between(configs: Sequence[AgentConfig]) -> list[Difference]:
    """All differences between the agents; if the algorithms differ, this difference comes first.

    Each setting is compared by the value that takes effect. For example, on a shared body, the
    critic learns with α, so α is compared instead of `critic_learning_rate`. The list leaves out
    the seed, the number of steps, settings that affect no agent, and settings that only one of the
    algorithms has.
    """
    found = []
    algorithms = tuple(algorithm_name(config) for config in configs)
    if len(set(algorithms)) > 1:
        found.append(Difference("algorithm", _("algorithm"), algorithms, algorithms))
    for name, setting in settings_of(configs[0]).items():
        if name in NOT_COMPARED or not all(name in settings_of(config) for config in configs):
            continue
        applying = [applies(config, name) for config in configs]
        if not any(applying) or (name == "success_return" and all(map(_own_return, configs))):
            continue
        values = [effective(config, name) for config in configs]
        if len({value for value in values if value is not None}) > 1:
            texts = ("–" if value is None else format_value(value) for value in values)
            short = (_short(configs[0], name, value) for value in values)
            label = _(setting.label)
            found.append(Difference(name, label, tuple(texts), tuple(short), all(applying)))
    return found


def algorithm_name(config: AgentConfig) -> str:
    """The name of the algorithm of an agent."""
    return "REINFORCE" if isinstance(config, ReinforceConfig) else _("actor-critic")


def names_of(configs: Sequence[AgentConfig]) -> tuple[str, ...]:
    """Give each agent a different name that says how the agent differs from the other agents.

    A preset is an agent with a fixed name. If the agents have several differences and all agents
    are different presets, each agent gets the name of its preset. Otherwise, a name lists at most
    `MOST_IN_A_NAME` differences, and then "…" if the agents have more differences. A letter is
    added if two names would otherwise be the same.
    """
    found = differences_between(configs)
    if len(found) > 1:
        presets = [_preset_name(config) for config in configs]
        if None not in presets and len(set(presets)) == len(presets):
            return tuple(name for name in presets if name is not None)
    naming = [difference for difference in found if difference.own] or found
    naming.sort(key=lambda d: FOREMOST.index(d.name) if d.name in FOREMOST else len(FOREMOST))
    if naming and naming[0].name == "algorithm":
        naming = naming[:1]
    kept = naming[:MOST_IN_A_NAME]
    more = [" …"] if len(naming) > len(kept) else [""]
    names = [
        ", ".join(d.short[side] for d in kept) + more[0] if kept else algorithm_name(config)
        for side, config in enumerate(configs)
    ]
    return tuple(
        name if names.count(name) == 1 else _("{name} ({letter})").format(name=name, letter=letter)
        for name, letter in zip(names, LETTERS, strict=False)
    )


def held_fixed(configs: Sequence[AgentConfig]) -> str:
    """Name the most important settings whose values are the same for all agents."""
    told: list[str] = []
    for name in HELD:
        if name == "algorithm":
            shared = {algorithm_name(config) for config in configs}
            if len(shared) == 1:
                told += shared
        elif all(name in settings_of(c) and applies(c, name) for c in configs):
            values = {getattr(config, name) for config in configs}
            if len(values) == 1:
                value = values.pop()
                if value == "on_policy":  # readers meet this term here first
                    told.append(_("on-policy (the critic learns from the steps just taken)"))
                else:
                    told.append(_short(configs[0], name, value))
    return ", ".join(told)


def same_agent(one: AgentConfig, other: AgentConfig) -> bool:
    """True if two configurations describe the same agent; seed and number of steps may differ."""
    return not differences_between([one, other])


def applies(config: AgentConfig, name: str) -> bool:
    """True if this setting has an effect together with the other settings."""
    condition = settings_of(config)[name].applies_when
    return condition is None or getattr(config, condition[0]) == condition[1]


def _short(config: AgentConfig, name: str, value: Any) -> str:
    """A setting's value in a short form for a legend: "α 0.001", "split"."""
    if value is None:
        return "–"
    short = {"on_policy": _("on-policy"), "replay": _("replay")}
    if name in ("body", "critic_data", "env_id", "policy_signal", "return_form"):
        return short.get(value) or choice_name(value)
    return f"{settings_of(config)[name].name} {choice_name(format_value(value))}"


def _preset_name(config: AgentConfig) -> str | None:
    found = (_(name) for name, preset in PRESETS if same_agent(config, preset))
    return next(found, None)


def _own_return(config: AgentConfig) -> bool:
    """True if the success return of a configuration is the default of its environment."""
    return config.success_return == success_return_of(config.env_id)


def effective(config: AgentConfig, name: str) -> Any:
    """The value that takes effect for a setting; None if the setting has no effect."""
    if applies(config, name):
        return getattr(config, name)
    if isinstance(config, ActorCriticConfig):
        instead = {
            "critic_learning_rate": config.learning_rate,
            "critic_updates": 1,
            "batch_size": config.rollout_steps,
            "match_parameters": False,
            "stop_gradient": "none",
        }
        return instead.get(name)
    return None
