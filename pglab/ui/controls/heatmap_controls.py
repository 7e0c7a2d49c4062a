"""The controls for the heatmaps of one environment, and their values in the page's address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pglab.config import Link
from pglab.environments import EnvironmentInfo
from pglab.language import _
from pglab.looks.probes import Quantity, Slice
from pglab.ui.controls.choices import place_of, settle
from pglab.ui.stage.panels.heatmaps import quantity_name
from pglab.ui.stage.panels.scenery import View

SLIDER_STEPS = 48  # an even number, so that the slider can stop in the middle


@dataclass(frozen=True)
class HeatmapControls:
    """The controls for the heatmaps of one environment on one page.

    A heatmap shows a slice: a plane through the observation space. Each combination of page and
    environment has its own `key`. In a link, the name of each parameter of the heatmaps begins with
    `prefix`.
    """

    key: str
    info: EnvironmentInfo
    has_critic: bool = False
    prefix: str = ""

    def read_link(self, link: Link) -> None:
        """Set the controls from the link that opened the page."""
        info, state = self.info, st.session_state
        axes = {str(index): index for index in range(len(info.axes))}
        x_axis, y_axis = (
            link.choice(self.prefix + side, title, axes, usual)
            for (side, title), usual in zip(_axis_titles().items(), info.heatmap_axes, strict=True)
        )
        if x_axis == y_axis:
            link.problems.append(
                _("The two axes of a heatmap cannot be the same, so the default axes are used.")
            )
            x_axis, y_axis = info.heatmap_axes
        state[self._name("x")], state[self._name("y")] = x_axis, y_axis
        ranges = [(axis.low, axis.high) for axis in info.axes]
        point = link.point(self.prefix + "at", _("Heatmap: position of the slice"), ranges)
        if point is not None:
            state[self._name("follow")] = False
            for index, value in enumerate(point):
                state[self._name(f"fixed_{index}")] = value
        actions = {str(index): index for index in range(len(info.actions))}
        action = link.choice(self.prefix + "action", _("Heatmap: action"), actions, None)
        if action is not None:
            state[self._name("action")] = action
        if self.has_critic:
            quantities = {str(index): index for index in range(2 * len(info.actions) + 1)}
            critic = link.choice(self.prefix + "critic", _("Critic's heatmap"), quantities, None)
            if critic is not None:
                state[self._name("critic")] = critic

    def view(self) -> View:
        """Return the view that the visitor has chosen for the heatmaps."""
        info = self.info
        known = range(len(info.axes))
        x_axis = settle(self._name("x"), known, info.heatmap_axes[0])
        others = [axis for axis in known if axis != x_axis]
        y_axis = settle(self._name("y"), others, info.heatmap_axes[1])
        fixed = (self._value(f"fixed_{i}", value) for i, value in enumerate(_rest(info)))
        actions = len(info.actions)
        action = settle(self._name("action"), range(actions), actions - 1)
        critic = settle(self._name("critic"), range(2 * actions + 1), actions)
        follows = self._value("follow", True)
        plane = Slice(info, x_axis, y_axis, tuple(fixed))
        return View(plane, action, *_quantity(info, critic), follows=follows)

    def parameters(self) -> dict[str, str]:
        """Return the values of the controls as address parameters. Leave out default values."""
        view, info = self.view(), self.info
        found: dict[str, str] = {}
        if (view.plane.x_axis, view.plane.y_axis) != info.heatmap_axes:
            found |= {"x": str(view.plane.x_axis), "y": str(view.plane.y_axis)}
        if not view.follows:
            found["at"] = ",".join(f"{value:.4g}" for value in view.plane.fixed)
        if view.action != len(info.actions) - 1:
            found["action"] = str(view.action)
        critic = st.session_state[self._name("critic")]
        if self.has_critic and critic != len(info.actions):
            found["critic"] = str(critic)
        return {self.prefix + name: text for name, text in found.items()}

    def draw(
        self, on_change: Callable[[], None], *, playing: bool = True, locked: bool = False
    ) -> None:
        """Draw a row of controls: axes, action, the critic's quantity, and position of the slice.

        If `playing` is false, the page shows no player, so the slice cannot follow a player. If
        `locked` is true, the controls show their values, but nobody can change them.
        """
        info, view = self.info, self.view()
        plane = view.plane
        common: dict[str, Any] = {
            "persist_state": "session",
            "on_change": on_change,
            "disabled": locked,
        }
        others = {"x": plane.y_axis, "y": plane.x_axis}
        for side, title in _axis_titles().items():
            known = [index for index in range(len(info.axes)) if index != others[side]]
            st.selectbox(
                title,
                known,
                place_of(self._name(side), known),
                format_func=lambda index: info.axes[index].label,
                key=self._name(side),
                width=200,
                **common,
            )
        if len(info.actions) > 2:
            st.selectbox(
                _("Heatmap: action"),
                range(len(info.actions)),
                view.action,
                format_func=lambda index: _(info.actions[index]),
                key=self._name("action"),
                width=150,
                **common,
            )
        if self.has_critic:
            st.selectbox(
                _("Critic's heatmap"),
                range(2 * len(info.actions) + 1),
                st.session_state[self._name("critic")],
                format_func=lambda index: quantity_name(info, *_quantity(info, index)),
                key=self._name("critic"),
                width=190,
                **common,
            )
        if playing and plane.hidden:
            st.toggle(
                _("Slice follows the player"),
                view.follows,
                key=self._name("follow"),
                help=_(
                    "The axes of a heatmap are two coordinates of the observation. If this switch "
                    "is on, all other coordinates come from the frame that the player shows; "
                    "otherwise, they are fixed. A ring marks the state in this frame. A line shows "
                    "the episode's earlier states, whose other coordinates may be different."
                ),
                **common,
            )
        if playing and view.follows:
            return
        for index in plane.hidden:
            axis = info.axes[index]
            st.slider(
                axis.label,
                axis.low,
                axis.high,
                plane.fixed[index],
                step=(axis.high - axis.low) / SLIDER_STEPS,
                key=self._name(f"fixed_{index}"),
                width=150,
                **common,
            )

    def _name(self, control: str) -> str:
        return f"{self.key}.{control}"

    def _value(self, control: str, usual: Any) -> Any:
        return st.session_state.setdefault(self._name(control), usual)


def _axis_titles() -> dict[str, str]:
    return {"x": _("Heatmap: horizontal axis"), "y": _("Heatmap: vertical axis")}


def _rest(info: EnvironmentInfo) -> list[float]:
    return [axis.rest for axis in info.axes]


def _quantity(info: EnvironmentInfo, index: int) -> tuple[Quantity, int]:
    """Return the quantity and the action that one entry of the menu *Critic's heatmap* shows.

    The menu lists Q of each action, then V, then the advantage of each action. For V, the returned
    action is 0 and has no meaning.
    """
    actions = len(info.actions)
    if index < actions:
        return "q", index
    if index == actions:
        return "v", 0
    return "advantage", index - actions - 1
