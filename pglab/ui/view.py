"""What the heatmaps show, and which further panels are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pglab.environments import EnvironmentInfo
from pglab.language import _
from pglab.probes import Quantity, Slice
from pglab.ui.entry import fragment
from pglab.ui.lab import LIVE, Lab
from pglab.ui.panels import Panel, View, quantity_name
from pglab.ui.settings import write_address_bar

SLIDER_STEPS = 48  # even, so that the middle is one of them


@dataclass(frozen=True)
class Extra:
    """A panel that a visitor may open below the others."""

    name: str
    title: str
    panel: Panel
    open_at_first: bool = False


def view_controls(lab: Lab, extras: Sequence[Extra]) -> None:
    """Axes of the heatmaps, and the further panels."""
    fragment(_view_controls)(lab, extras)
    write_address(lab)


def write_address(lab: Lab) -> None:
    """Make the address open this page with these settings and this view."""
    write_address_bar(lab.bench.session.config, lab.terms.preset, _view_parameters(lab))


def open_panels(lab: Lab, extras: Sequence[Extra]) -> list[Panel]:
    """Those of the further panels that the visitor has opened."""
    opened = st.session_state.setdefault(
        f"{lab.key}.extras", [extra.name for extra in extras if extra.open_at_first]
    )
    return [extra.panel for extra in extras if extra.name in opened]


def _view_controls(lab: Lab, extras: Sequence[Extra]) -> None:
    info, prefix = lab.info, _prefix(lab)
    indices = range(len(info.axes))
    common: dict[str, Any] = {"persist_state": "session", "on_change": _redraw(lab)}
    plane = view_of(lab).plane
    with st.container(horizontal=True, vertical_alignment="bottom", key="view"):
        for side, title, other in (
            ("x", _("Heatmap: horizontal axis"), plane.y_axis),
            ("y", _("Heatmap: vertical axis"), plane.x_axis),
        ):
            st.selectbox(
                title,
                [index for index in indices if index != other],
                format_func=lambda index: info.axes[index].label,
                key=prefix + side,
                width=200,
                **common,
            )
        if len(info.actions) > 2:
            st.selectbox(
                _("Heatmap: action"),
                range(len(info.actions)),
                format_func=lambda index: _(info.actions[index]),
                key=f"{prefix}action",
                width=150,
                **common,
            )
        if lab.has_critic:
            st.selectbox(
                _("Critic's heatmap"),
                range(2 * len(info.actions) + 1),
                format_func=lambda index: quantity_name(info, *_quantity(info, index)),
                key=f"{prefix}critic",
                width=190,
                **common,
            )
        for index in set(indices) - {plane.x_axis, plane.y_axis}:
            axis = info.axes[index]
            st.slider(
                axis.label,
                axis.low,
                axis.high,
                step=(axis.high - axis.low) / SLIDER_STEPS,
                key=f"{prefix}fixed_{index}",
                width=150,
                **common,
            )
        titles = {extra.name: extra.title for extra in extras}
        st.pills(
            _("Further panels"),
            list(titles),
            selection_mode="multi",
            format_func=lambda name: titles[name],
            key=f"{lab.key}.extras",
            **common,
        )


def _redraw(lab: Lab) -> Any:
    def changed() -> None:
        write_address(lab)
        st.rerun(LIVE)

    return changed


def _prefix(lab: Lab) -> str:
    return f"{lab.key}.{lab.bench.session.config.env_id}."


def _quantity(info: EnvironmentInfo, index: int) -> tuple[Quantity, int]:
    """What an entry of the critic's menu stands for: Q of each action, V, each advantage."""
    actions = len(info.actions)
    if index < actions:
        return "q", index
    if index == actions:
        return "v", 0
    return "advantage", index - actions - 1


def view_of(lab: Lab) -> View:
    """What the heatmaps show, as the view controls say."""
    info, prefix = lab.info, _prefix(lab)
    linked = _linked_axes(len(info.axes)) or info.heatmap_axes
    shown = [
        st.session_state.setdefault(prefix + side, axis)
        for side, axis in zip("xy", linked, strict=True)
    ]
    fixed = [
        st.session_state.setdefault(f"{prefix}fixed_{index}", value)
        for index, value in enumerate(_linked_point(info) or _rest(info))
    ]
    usual_action, usual_critic = len(info.actions) - 1, len(info.actions)
    action = st.session_state.setdefault(
        f"{prefix}action", _linked_index("action", len(info.actions), usual_action)
    )
    critic = st.session_state.setdefault(
        f"{prefix}critic", _linked_index("critic", 2 * len(info.actions) + 1, usual_critic)
    )
    plane = Slice(info, shown[0], shown[1], tuple(fixed))
    return View(plane, action, *_quantity(info, critic))


def _linked_axes(axes: int) -> tuple[int, int] | None:
    """The two axes that the link asks for, if it names two different ones that exist."""
    texts = [st.query_params.get(side, "") for side in "xy"]
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) < 3]
    if len(set(numbers)) == 2 and max(numbers) < axes:
        return numbers[0], numbers[1]
    return None


def _linked_point(info: EnvironmentInfo) -> list[float] | None:
    """The values of all coordinates that the link asks for, where all of them are in range."""
    try:
        point = [float(text) for text in st.query_params.get("at", "").split(",")]
    except ValueError:
        return None
    if len(point) != len(info.axes):
        return None
    inside = all(a.low <= value <= a.high for a, value in zip(info.axes, point, strict=True))
    return point if inside else None


def _linked_index(name: str, choices: int, usual: int) -> int:
    """The number of a choice that the link asks for; the usual one unless it names one."""
    text = st.query_params.get(name, "")
    return int(text) if text in map(str, range(choices)) else usual


def _rest(info: EnvironmentInfo) -> list[float]:
    return [axis.rest for axis in info.axes]


def _view_parameters(lab: Lab) -> dict[str, str]:
    """The heatmaps' plane and choices for the address bar, where they are not the usual ones."""
    view, info = view_of(lab), lab.info
    parameters: dict[str, str] = {}
    if (view.plane.x_axis, view.plane.y_axis) != info.heatmap_axes:
        parameters |= {"x": str(view.plane.x_axis), "y": str(view.plane.y_axis)}
    if list(view.plane.fixed) != _rest(info):
        parameters["at"] = ",".join(f"{value:.4g}" for value in view.plane.fixed)
    if view.action != len(info.actions) - 1:
        parameters["action"] = str(view.action)
    critic = st.session_state[f"{_prefix(lab)}critic"]
    if critic != len(info.actions):
        parameters["critic"] = str(critic)
    return parameters
