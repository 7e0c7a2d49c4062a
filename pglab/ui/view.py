"""Which plane of the observations the heatmap shows, and whether the folded panels are open."""

from __future__ import annotations

from typing import Any

import streamlit as st

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
        st.session_state.setdefault(f"{prefix}fixed_{index}", axis.rest)
        for index, axis in enumerate(info.axes)
    ]
    action = st.session_state.setdefault(f"{prefix}action", len(info.actions) - 1)
    return Slice(info, shown[0], shown[1], tuple(fixed)), action


def _linked_axes(axes: int) -> tuple[int, int] | None:
    """The two axes that the link asks for, if it names two different ones that exist."""
    texts = [st.query_params.get(side, "") for side in "xy"]
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) < 3]
    if len(set(numbers)) == 2 and max(numbers) < axes:
        return numbers[0], numbers[1]
    return None


def _view_parameters(lab: Lab) -> dict[str, str]:
    """The heatmap's axes for the address bar, where they are not the usual ones."""
    plane, _action = plane_and_action(lab)
    axes = (plane.x_axis, plane.y_axis)
    if axes == lab.info.heatmap_axes:
        return {}
    return {"x": str(axes[0]), "y": str(axes[1])}
