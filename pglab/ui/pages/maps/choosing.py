"""The controls of the page *Maps*: the agent, the map, the measure, and the visitor's own plan."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pglab.config import ConfigError, describe_differences, settings_of
from pglab.language import _
from pglab.maps.measures import measures
from pglab.maps.plan import FEWEST_SEEDS, MOST_SEEDS, MapPlan, plan_from_texts, varied_settings
from pglab.maps.ready.shipped import PLANS
from pglab.ui.controls.choices import place_of, settle
from pglab.ui.pages.maps import link
from pglab.ui.shell.visibility import visibility


def choose_map() -> str:
    """Draw the controls that choose the agent, the map and the measure; return the map's name."""
    agents, maps, measured = st.columns([3, 5, 5], vertical_alignment="bottom")
    agent = _selectbox(
        agents, _("Agent"), link.AGENT, {k: _(p.title) for k, p in link.PLACES.items()}
    )
    names = {name: map_title(PLANS[name]) for name in link.maps_of(agent)}
    which = _selectbox(maps, _("Map"), link.MAP, names | {link.OWN: _("a map of your own")})
    offered = measures(link.base_of(agent))
    _selectbox(
        measured,
        _("Measure"),
        link.MEASURE,
        {key: measure.name for key, measure in offered.items()},
        help="  \n".join(f"**{m.name}**: {m.help}" for m in offered.values()),
    )
    return which


def choose_plan() -> MapPlan | str:
    """Draw the controls of the visitor's own map; return its plan, or a sentence about an error."""
    agent = st.session_state[link.AGENT]
    config = link.base_of(agent)
    labels = {n: _(settings_of(config)[n].label) for n in varied_settings(config)}
    several = st.session_state.get(link.SECOND, link.NO_SETTING) != link.NO_SETTING
    widths = [4, 5, 4, 5, 3, 3] if several else [4, 9, 4, 1, 3, 3]
    first, values, second, further, *extent = st.columns(widths)
    x = _selectbox(first, _("Setting"), link.FIRST, labels)
    axes = [(x, _values(values, agent, x))]
    others = {link.NO_SETTING: _("none")} | {n: t for n, t in labels.items() if n != x}
    y = _selectbox(second, _("Second setting"), link.SECOND, others)
    if y != link.NO_SETTING:
        axes.append((y, _values(further, agent, y)))
    seeds, steps = _extent(*extent)
    changed = describe_differences(config, link.PLACES[agent].preset)
    if changed:
        st.caption(_("All other settings: {changed}.").format(changed=changed))
    try:
        return plan_from_texts(config, axes, seeds, steps)
    except ConfigError as error:
        return str(error)


def map_title(plan: MapPlan) -> str:
    """Return a map's name, such as "discount γ × learning rate α"."""
    return " × ".join(_(settings_of(plan.config)[axis.setting].label) for axis in plan.axes)


def _values(column: DeltaGenerator, agent: str, setting: str) -> list[str]:
    config, key = link.base_of(agent), link.values_key(agent, setting)
    offered = link.offered_values(config, setting)
    present: list[str] = st.session_state.get(key, link.chosen_at_first(config, setting))
    allowed = visibility("values", _("Values"))
    if allowed.hidden:
        return present
    chosen: list[str] = column.multiselect(
        _("Values"),
        list(dict.fromkeys([*offered, *present])),
        present,
        key=key,
        accept_new_options=True,
        persist_state="session",
        help=_("Remove values, or type a value of your own and press Enter."),
        disabled=allowed.locked,
    )
    return chosen


def _extent(left: DeltaGenerator, right: DeltaGenerator) -> tuple[int, int]:
    allowed = visibility("extent", _("Seeds and steps"))
    if allowed.hidden:
        return (
            st.session_state.get(link.SEEDS, link.USUAL_SEEDS),
            st.session_state.get(link.LENGTH, link.USUAL_STEPS),
        )
    seeds: int = left.slider(
        _("Seeds"),
        FEWEST_SEEDS,
        MOST_SEEDS,
        st.session_state.get(link.SEEDS, link.USUAL_SEEDS),
        key=link.SEEDS,
        persist_state="session",
        disabled=allowed.locked,
    )
    steps: int = right.select_slider(
        _("Steps"),
        link.STEPS,
        st.session_state.get(link.LENGTH, link.USUAL_STEPS),
        format_func="{:,}".format,
        key=link.LENGTH,
        persist_state="session",
        disabled=allowed.locked,
    )
    return seeds, steps


def _selectbox(
    column: DeltaGenerator, label: str, key: str, names: dict[str, str], help: str | None = None
) -> str:
    settled: str = settle(key, names, next(iter(names)))
    allowed = visibility(link.name_of(key), label)
    if allowed.hidden:
        return settled
    chosen: str = column.selectbox(
        label,
        list(names),
        place_of(key, list(names)),
        format_func=lambda name: names[name],
        key=key,
        help=help,
        persist_state="session",
        disabled=allowed.locked,
    )
    return chosen
