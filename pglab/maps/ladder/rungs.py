"""The rungs of a ladder: each rung is one difference between two agents A and B."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError, settings_of
from pglab.language import _
from pglab.maps.plan import no_effect
from pglab.session.side_by_side.contrasts import (
    applies,
    differences_between,
    effective,
    same_agent,
)

# The critic of a shared body learns at the rate α, so the critic's rate is compared with every
# body. It is a rung of its own, although only split bodies have a setting for it.
CRITICS_RATE = "critic_learning_rate"


@dataclass(frozen=True)
class Rung:
    """One difference between two agents A and B.

    `names` are the settings that change together. The first setting differs between A and B. Each
    further setting has an effect in only one of the two agents, because it depends on the first
    setting. In `a_with`, A has the values of B for these settings. In `b_with`, B has those of
    A. If such an agent is impossible, the field holds the error that says why.
    """

    names: tuple[str, ...]
    a_with: AgentConfig | ConfigError
    b_with: AgentConfig | ConfigError


def rungs(a: AgentConfig, b: AgentConfig) -> list[Rung]:
    """All single differences between two agents, in the order of their settings.

    If a setting has an effect in only one of the agents, it belongs to the rung of the setting on
    which it depends. For example, the size of a critic's batch has no effect without a replay
    buffer.

    Raises:
        ConfigError: the agents cannot be compared in this way; the message says why.
    """
    _require_comparable(a, b)
    found = {difference.name for difference in differences_between([a, b])}
    groups = [(name, *_dependents(a, b, name)) for name in settings_of(a) if name in found]
    together = {name for group in groups for name in group[1:]}
    return [
        Rung(names, _attempt(a, names, b), _attempt(b, names, a))
        for names in groups
        if names[0] not in together
    ]


def moved(config: AgentConfig, names: Sequence[str], to: AgentConfig) -> AgentConfig:
    """Return `config` with the settings `names` of the agent `to`.

    If the shared body of `config` becomes split, the critic keeps its learning rate, which was α.

    Raises:
        ConfigError: the settings contradict each other, or the rung has no effect in this agent.
    """
    values = {name: getattr(to, name) for name in names}
    if CRITICS_RATE in names:
        values[CRITICS_RATE] = effective(to, CRITICS_RATE)
        if not applies(config, CRITICS_RATE):
            raise no_effect(config, CRITICS_RATE)
    elif CRITICS_RATE in settings_of(config):
        values[CRITICS_RATE] = effective(config, CRITICS_RATE)
        if not applies(config.changed(**values), CRITICS_RATE):
            del values[CRITICS_RATE]
    changed = config.changed(**values)
    if same_agent(changed, config):
        raise no_effect(config, names[0])
    return changed


def _attempt(
    config: AgentConfig, names: Sequence[str], to: AgentConfig
) -> AgentConfig | ConfigError:
    try:
        return moved(config, names, to)
    except ConfigError as error:
        return error


def _dependents(a: AgentConfig, b: AgentConfig, master: str) -> list[str]:
    """The settings that have an effect in only one agent, because the setting `master` differs."""
    return [
        name
        for name, setting in settings_of(a).items()
        if setting.applies_when is not None
        and setting.applies_when[0] == master
        and name != CRITICS_RATE
        and applies(a, name) != applies(b, name)
    ]


def _require_comparable(a: AgentConfig, b: AgentConfig) -> None:
    if type(a) is not type(b):
        raise ConfigError(_("Choose two agents with the same algorithm."))
    if a.env_id != b.env_id:
        raise ConfigError(_("Choose the same environment for both agents."), "env_id")
    if a.engine != b.engine:
        raise ConfigError(_("Choose the same engine for both agents."), "engine")
    if same_agent(a, b):
        raise ConfigError(_("Choose two agents that differ in at least one setting."))
