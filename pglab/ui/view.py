"""Which plane of the observations the heatmap shows, and whether the folded panels are open."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pglab.environments import EnvironmentInfo
from pglab.language import _
from pglab.probes import Slice
from pglab.ui.entry import fragment
from pglab.ui.lab import LIVE, Lab
from pglab.ui.settings import write_address_bar

FOLDED = "folded"
SLIDER_STEPS = 48  # even, so that the middle is one of them


def view_controls(lab: Lab) -> None:
    """Axes of the heatmap, and the folded panels."""
    fragment(_view_controls)(lab)
    write_address(lab)


def write_address(lab: Lab) -> None:
    """Make the address open this page with these settings and this view."""
    write_address_bar(lab.bench.session.config, _view_parameters(lab))


def _view_controls(lab: Lab) -> None:
    info, key = lab.info, lab.key
    prefix = f"{key}.{lab.bench.session.config.env_id}."
    indices = range(len(info.axes))
    common: dict[str, Any] = {"persist_state": "session", "on_change": _redraw(lab)}
    plane, _action = plane_and_action(lab)
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
                width=220,
                **common,
            )
        if len(info.actions) > 2:
            st.selectbox(
                _("Heatmap: action"),
                range(len(info.actions)),
                format_func=lambda index: _(info.actions[index]),
                key=f"{prefix}action",
                width=160,
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
                width=180,
                **common,
            )
        st.toggle(_("Entropy, gradient norm, loss"), key=f"{key}.{FOLDED}", **common)


def _redraw(lab: Lab) -> Any:
    def changed() -> None:
        write_address(lab)
        st.rerun(LIVE)

    return changed


def plane_and_action(lab: Lab) -> tuple[Slice, int]:
    """The heatmap's plane and action, as the view controls say."""
    info = lab.info
    prefix = f"{lab.key}.{lab.bench.session.config.env_id}."
    linked = _linked_axes(len(info.axes)) or info.heatmap_axes
    shown = [
        st.session_state.setdefault(prefix + side, axis)
        for side, axis in zip("xy", linked, strict=True)
    ]
    fixed = [
        st.session_state.setdefault(f"{prefix}fixed_{index}", value)
        for index, value in enumerate(_linked_point(info) or _rest(info))
    ]
    action = st.session_state.setdefault(f"{prefix}action", _linked_action(info))
    return Slice(info, shown[0], shown[1], tuple(fixed)), action


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


def _linked_action(info: EnvironmentInfo) -> int:
    """The action that the link asks for; the last unless it names one that exists."""
    usual = len(info.actions) - 1
    text = st.query_params.get("action", "")
    return int(text) if text in map(str, range(usual)) else usual


def _rest(info: EnvironmentInfo) -> list[float]:
    return [axis.rest for axis in info.axes]


def _view_parameters(lab: Lab) -> dict[str, str]:
    """The heatmap's plane and action for the address bar, where they are not the usual ones."""
    plane, action = plane_and_action(lab)
    info = lab.info
    parameters: dict[str, str] = {}
    if (plane.x_axis, plane.y_axis) != info.heatmap_axes:
        parameters |= {"x": str(plane.x_axis), "y": str(plane.y_axis)}
    if list(plane.fixed) != _rest(info):
        parameters["at"] = ",".join(f"{value:.4g}" for value in plane.fixed)
    if action != len(info.actions) - 1:
        parameters["action"] = str(action)
    return parameters
