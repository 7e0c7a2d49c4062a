"""The names of the page's controls, and the link that sets them."""

from __future__ import annotations

import streamlit as st

from pglab.agent_places import AGENT_PLACES
from pglab.algorithms.agents import AgentConfig
from pglab.config import Link, differences, format_value
from pglab.language import _
from pglab.maps.measures import measures
from pglab.maps.plan import FEWEST_SEEDS, MOST_SEEDS, MapPlan, varied_settings
from pglab.maps.ready.shipped import PLANS
from pglab.maps.usual_values import usual_values
from pglab.session.run_differences import LENGTH_SETTINGS

PAGE = "maps"
OWN = "own"  # the choice of a map that the visitor plans
NO_SETTING = "none"
USUAL_SEEDS, USUAL_STEPS = 10, 20_000
STEPS = (5_000, 10_000, 20_000, 30_000, 60_000, 100_000, 200_000)
USUAL_SETTING = "learning_rate"
MOST_AT_FIRST = 9
PLACES = {place.key: place for place in AGENT_PLACES}

AGENT, MAP, MEASURE, FIRST, SECOND, SEEDS, LENGTH = (
    f"maps.{name}" for name in ("agent", "map", "measure", "first", "second", "seeds", "steps")
)
_BASE = "maps.base"  # the settings of each agent that do not vary


def name_of(control: str) -> str:
    """The name by which a link hides or locks a control of this page."""
    return control.removeprefix(f"{PAGE}.")


def values_key(agent: str, setting: str) -> str:
    """The key of the control with a setting's values."""
    return f"maps.values.{agent}.{setting}"


def base_of(agent: str) -> AgentConfig:
    """Return the settings that do not vary: those of the link, or else those of the preset."""
    based: dict[str, AgentConfig] = st.session_state.setdefault(_BASE, {})
    return based.get(agent, PLACES[agent].preset)


def maps_of(agent: str) -> list[str]:
    """Return the names of the agent's maps that come with the app."""
    preset = PLACES[agent].preset
    return [name for name, plan in PLANS.items() if plan.config == preset]


def offered_values(config: AgentConfig, setting: str) -> list[str]:
    """The usual values of a setting as texts."""
    return [format_value(value) for value in usual_values(config, setting)]


def chosen_at_first(config: AgentConfig, setting: str) -> list[str]:
    """Return at most nine of a setting's usual values, around the present value."""
    offered, present = offered_values(config, setting), format_value(getattr(config, setting))
    middle = offered.index(present) if present in offered else 0
    last = len(offered) - MOST_AT_FIRST
    first = max(0, min(middle - MOST_AT_FIRST // 2, last))
    return offered[first : first + MOST_AT_FIRST]


def read_link(link: Link) -> None:
    """Set the controls from the link that opens the page."""
    agent = link.choice("agent", _("Agent"), {key: key for key in PLACES}, AGENT_PLACES[0].key)
    config, problems = link.settings(PLACES[agent].preset, "set.")
    link.problems += problems
    own = config != PLACES[agent].preset or link.has_any("x", "y", "seeds", "steps")
    names = [*maps_of(agent), OWN]
    which = link.choice("map", _("Map"), {name: name for name in names}, OWN if own else names[0])
    varied = {name: name for name in varied_settings(config)}
    first = link.choice("x", _("Setting"), varied, USUAL_SETTING)
    second = link.choice("y", _("Second setting"), {NO_SETTING: NO_SETTING} | varied, NO_SETTING)
    st.session_state.update(
        {
            _BASE: {agent: config},
            AGENT: agent,
            MAP: which,
            MEASURE: link.choice(
                "measure", _("Measure"), {n: n for n in measures(config)}, "late_return"
            ),
            FIRST: first,
            SECOND: second,
            SEEDS: link.whole_number("seeds", _("Seeds"), FEWEST_SEEDS, MOST_SEEDS, USUAL_SEEDS),
            LENGTH: link.choice("steps", _("Steps"), {str(s): s for s in STEPS}, USUAL_STEPS),
        }
    )
    for parameter, setting in (("x_values", first), ("y_values", second)):
        text = link.text(parameter)
        if text is not None and setting != NO_SETTING:
            st.session_state[values_key(agent, setting)] = text.split(";")


def link_parameters(plan: MapPlan | None) -> dict[str, str]:
    """Return the parameters of a link to the shown map. `plan` is the visitor's own plan."""
    state = st.session_state
    shown = {"agent": state[AGENT], "map": state[MAP], "measure": state[MEASURE]}
    if state[MAP] != OWN or plan is None:
        return shown
    return shown | of_plan(plan, state[AGENT])


def of_plan(plan: MapPlan, agent: str) -> dict[str, str]:
    """Return the link parameters that describe a plan."""
    axes = dict(zip(("x", "y"), plan.axes, strict=False))
    return (
        {name: axis.setting for name, axis in axes.items()}
        | {f"{name}_values": ";".join(map(format_value, a.values)) for name, a in axes.items()}
        | {"seeds": str(plan.seeds), "steps": str(plan.total_steps)}
        | _changed(plan.config, agent)
    )


def link_of_settings(config: AgentConfig, agent: str) -> dict[str, str]:
    """Return the parameters of a link to a map of these settings. `agent` names the preset."""
    return {"agent": agent, **_changed(config, agent)}


def _changed(config: AgentConfig, agent: str) -> dict[str, str]:
    of_length = ("seed", *LENGTH_SETTINGS)
    changed = differences(config, PLACES[agent].preset)
    return {f"set.{name}": text for name, text in changed.items() if name not in of_length}
