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


def view_controls(lab: Lab) -> None:
    """Axes of the heatmap, and the folded panels."""
    fragment(_view_controls)(lab)
    write_address(lab)


def write_address(lab: Lab) -> None:
    """Make the address open this page with these settings and this view."""
    write_address_bar(lab.bench.session.config, _view_parameters(lab))


def _view_controls(lab: Lab) -> None:
    info, key = lab.info, lab.key
    env = lab.bench.session.config.env_id
    indices = range(len(info.axes))
    common: dict[str, Any] = {"persist_state": "session", "on_change": _redraw(lab)}
    with st.container(horizontal=True, vertical_alignment="center", key="view"):
        with st.popover(_("Heatmap axes"), icon=":material/tune:"):
            for side, title in (("x", _("Horizontal axis")), ("y", _("Vertical axis"))):
                st.selectbox(
                    title,
                    indices,
                    format_func=lambda index: info.axes[index].label,
                    key=f"{key}.{env}.{side}",
                    **common,
                )
            if len(info.actions) > 2:
                st.selectbox(
                    _("Action"),
                    range(len(info.actions)),
                    format_func=lambda index: _(info.actions[index]),
                    key=f"{key}.{env}.action",
                    **common,
                )
            plane, _action = plane_and_action(lab)
            for index in set(indices) - {plane.x_axis, plane.y_axis}:
                axis = info.axes[index]
                st.slider(
                    axis.label,
                    axis.low,
                    axis.high,
                    step=(axis.high - axis.low) / 48,
                    key=f"{key}.{env}.fixed_{index}",
                    **common,
                )
        st.toggle(
            _("Entropy, gradient norm, loss"),
            key=f"{key}.{FOLDED}",
            **common,
        )


def _redraw(lab: Lab) -> Any:
    def changed() -> None:
        write_address(lab)
        st.rerun(LIVE)

    return changed


def plane_and_action(lab: Lab) -> tuple[Slice, int]:
    """The heatmap's plane and action, as the view controls say."""
    info = lab.info
    prefix = f"{lab.key}.{lab.bench.session.config.env_id}."
    axes = []
    for side, default in zip("xy", info.heatmap_axes, strict=True):
        linked = st.query_params.get(side, "")
        valid = linked.isdigit() and int(linked) < len(info.axes)
        axes.append(st.session_state.setdefault(prefix + side, int(linked) if valid else default))
    fixed = [
        st.session_state.setdefault(f"{prefix}fixed_{index}", (axis.low + axis.high) / 2)
        for index, axis in enumerate(info.axes)
    ]
    action = st.session_state.setdefault(f"{prefix}action", len(info.actions) - 1)
    return Slice(info, axes[0], axes[1], tuple(fixed)), action


def _view_parameters(lab: Lab) -> dict[str, str]:
    """The heatmap's axes for the address bar, where they are not the usual ones."""
    plane, _action = plane_and_action(lab)
    axes = (plane.x_axis, plane.y_axis)
    if axes == lab.info.heatmap_axes:
        return {}
    return {"x": str(axes[0]), "y": str(axes[1])}
