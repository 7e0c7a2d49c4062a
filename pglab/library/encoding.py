"""Converts stored runs to bytes and back. The format is safetensors with JSON, without pickle."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig, settings_of
from pglab.language import _
from pglab.library.contents import Arrays, Facts, RunContents, State, Table
from pglab.library.state.taking import StateError
from pglab.session.history import Change
from pglab.session.rewinding.transition_blocks import Block

FORMAT = 1  # of the bytes; a newer version of the app may read older formats
MOST_BYTES = 60_000_000  # of one run without its replay buffer
AGENTS: dict[str, type[AgentConfig]] = {
    "reinforce": ReinforceConfig,
    "actor_critic": ActorCriticConfig,
}
_TABLES = ("episodes", "updates")
_STATES = ("state", "recent")


def config_facts(config: AgentConfig) -> Facts:
    """Return the agent's name and all settings as values that JSON can hold."""
    (agent,) = (name for name, kind in AGENTS.items() if type(config) is kind)
    values = {name: getattr(config, name) for name in settings_of(config)}
    return {"agent": agent, "settings": values}


def config_from(facts: Any) -> AgentConfig:
    """Read the settings that `config_facts` has written.

    Raises:
        ConfigError: a setting cannot be used.
        StateError: the settings are damaged, or one of them is unknown.
    """
    try:
        kind, settings = AGENTS[facts["agent"]], dict(facts["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(_("The settings in the file are damaged.")) from error
    _require_known(settings, kind)
    return kind(**settings)


def encoded(contents: RunContents) -> bytes:
    """Write a run as a safetensors file, without the transitions of its replay buffer."""
    arrays: Arrays = {}
    facts: Facts = {
        "format": FORMAT,
        **config_facts(contents.initial_config),
        "changes": [
            {
                "global_step": change.global_step,
                "update": change.update,
                "settings": change.settings,
            }
            for change in contents.changes
        ],
        "outcome": contents.outcome,
        "problem": contents.problem,
        "training_seconds": contents.training_seconds,
        "made_by": contents.made_by,
    }
    for name in _TABLES:
        table: Table = getattr(contents, name)
        arrays |= {f"{name}/{column}": array for column, array in table.columns.items()}
        facts[name] = {"appended": table.appended, "stride": table.stride}
    for name in _STATES:
        state: State = getattr(contents, name)
        arrays |= {f"{name}/{part}": array for part, array in state.arrays.items()}
        facts[name] = state.facts
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    return safetensors.numpy.save(arrays, {"pglab": json.dumps(facts)})


def decoded(data: bytes, blocks: tuple[Block, ...] = ()) -> RunContents:
    """Read a run that `encoded` has written; `blocks` are the transitions of its replay buffer.

    This function does not check the state of the run; `session_from` checks it.

    Raises:
        ConfigError: a setting cannot be used.
        StateError: the bytes are not a stored run, or a newer version of the app has written them.
    """
    if len(data) > MOST_BYTES:
        raise StateError(_("The stored run is too large."))
    facts = _facts_of(data)
    if facts.get("format") != FORMAT:
        raise StateError(_("Another version of the app has stored this run. Update the app."))
    try:
        arrays = safetensors.numpy.load(data)
        config = config_from(facts)
        return RunContents(
            initial_config=config,
            changes=tuple(_change(change, type(config)) for change in facts["changes"]),
            outcome=_choice(facts["outcome"], (None, "solved", "total_steps", "diverged")),
            problem=None if facts["problem"] is None else str(facts["problem"])[:1_000],
            training_seconds=_seconds(facts["training_seconds"]),
            made_by={str(name): str(text) for name, text in facts["made_by"].items()},
            **{name: _table(arrays, facts, name) for name in _TABLES},
            state=State(_part(arrays, "state"), dict(facts["state"]), blocks),
            recent=State(_part(arrays, "recent"), dict(facts["recent"])),
        )
    except (ConfigError, StateError):  # these are ValueErrors, too
        raise
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise StateError(_("The stored run is damaged.")) from error


def _facts_of(data: bytes) -> Facts:
    """Read the JSON in the header of the file."""
    try:
        length = int.from_bytes(data[:8], "little")
        head = json.loads(data[8 : 8 + length])
        facts: Facts = json.loads(head["__metadata__"]["pglab"])
        return dict(facts)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StateError(_("The stored run is damaged.")) from error


def _require_known(settings: Facts, kind: type[AgentConfig]) -> None:
    unknown = settings.keys() - settings_of(kind).keys()
    if unknown:
        name = str(min(unknown, key=str))[:40]
        raise StateError(_("The file has a setting “{name}”, which is unknown.").format(name=name))


def _change(facts: Any, kind: type[AgentConfig]) -> Change:
    steps = facts["global_step"], facts["update"]
    if any(type(number) is not int or number < 0 for number in steps):
        raise StateError(_("A change of settings in the file is damaged."))
    settings = dict(facts["settings"])
    _require_known(settings, kind)
    return Change(*steps, settings)


def _choice(value: Any, choices: tuple[Any, ...]) -> Any:
    if value not in choices:
        raise StateError(_("The stored run is damaged."))
    return value


def _seconds(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise StateError(_("The stored run is damaged."))
    return float(value)


def _table(arrays: Arrays, facts: Facts, name: str) -> Table:
    appended, stride = facts[name]["appended"], facts[name]["stride"]
    if type(appended) is not int or type(stride) is not int:
        raise StateError(_("A table in the file is damaged."))
    return Table(_part(arrays, name), appended, stride)


def _part(arrays: Arrays, name: str) -> Arrays:
    """Return the arrays of one part. The part's name is removed from the arrays' names."""
    prefix = name + "/"
    return {
        key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)
    }
