"""What the heatmaps of one environment show: controls for it, and its place in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pglab.environments import EnvironmentInfo
from pglab.language import _
from pglab.looks.probes import Quantity, Slice
from pglab.ui.controls.choices import place_of, settle
from pglab.ui.stage.panels.heatmaps import quantity_name
from pglab.ui.stage.panels.scenery import View

SLIDER_STEPS = 48  # even, so that the middle is one of them
PARAMETERS = ("x", "y", "at", "action")  # of the address, besides the critic's


@dataclass(frozen=True)
class HeatmapControls:
    """The controls of the heatmaps of one environment on one page.

    `key` tells their values from those of another page or environment; `link` stands before the
    names of their parameters in the address.
    """

    key: str
    info: EnvironmentInfo
    has_critic: bool = False
    link: str = ""

    def view(self) -> View:
        """What the heatmaps show: at first what the link asks for, or else the usual."""
        info = self.info
        axes = self._linked_axes() or info.heatmap_axes
        known = range(len(info.axes))
        x_axis = settle(self._name("x"), known, axes[0])
        y_axis = settle(self._name("y"), [axis for axis in known if axis != x_axis], axes[1])
        point = self._linked_point() or _rest(info)
        fixed = (self._value(f"fixed_{index}", value) for index, value in enumerate(point))
        action = self._choice("action", len(info.actions), len(info.actions) - 1)
        critic = self._choice("critic", 2 * len(info.actions) + 1, len(info.actions))
        follows = self._value("follow", self._linked_point() is None)
        plane = Slice(info, x_axis, y_axis, tuple(fixed))
        return View(plane, action, *_quantity(info, critic), follows=follows)

    def parameters(self) -> dict[str, str]:
        """The view for the address bar, as far as it is not the usual one."""
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
        return {self.link + name: text for name, text in found.items()}

    def draw(self, on_change: Callable[[], None], *, playing: bool = True) -> None:
        """The controls, for a row of them: axes, action, critic's quantity, where the slice lies.

        If no player is `playing`, there is nothing to follow.
        """
        info, view = self.info, self.view()
        plane = view.plane
        common: dict[str, Any] = {"persist_state": "session", "on_change": on_change}
        for side, title, other in (
            ("x", _("Heatmap: horizontal axis"), plane.y_axis),
            ("y", _("Heatmap: vertical axis"), plane.x_axis),
        ):
            known = [index for index in range(len(info.axes)) if index != other]
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
                    "A heatmap shows two coordinates; the others are those of the frame beside it, "
                    "or fixed. The line is the way to the ring: its states lie in other slices."
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

    def _choice(self, name: str, count: int, usual: int) -> int:
        return settle(self._name(name), range(count), self._linked_index(name, usual))

    def _linked(self, name: str) -> str:
        text: str = st.query_params.get(self.link + name, "")
        return text

    def _linked_axes(self) -> tuple[int, int] | None:
        """The two axes that the link asks for, if it names two different ones that exist."""
        texts = [self._linked(side) for side in "xy"]
        numbers = [int(text) for text in texts if text.isdecimal() and len(text) < 3]
        if len(set(numbers)) == 2 and max(numbers) < len(self.info.axes):
            return numbers[0], numbers[1]
        return None

    def _linked_point(self) -> list[float] | None:
        """All coordinates that the link asks for, where all of them are in range."""
        axes = self.info.axes
        try:
            point = [float(text) for text in self._linked("at").split(",")]
        except ValueError:
            return None
        if len(point) != len(axes):
            return None
        inside = all(a.low <= value <= a.high for a, value in zip(axes, point, strict=True))
        return point if inside else None

    def _linked_index(self, name: str, usual: int) -> int:
        """The number of a choice that the link asks for; the usual one unless it names one."""
        actions = len(self.info.actions)
        choices = actions if name == "action" else 2 * actions + 1
        text = self._linked(name)
        return int(text) if text in map(str, range(choices)) else usual


def _rest(info: EnvironmentInfo) -> list[float]:
    return [axis.rest for axis in info.axes]


def _quantity(info: EnvironmentInfo, index: int) -> tuple[Quantity, int]:
    """What an entry of the critic's menu stands for: Q of each action, V, each advantage."""
    actions = len(info.actions)
    if index < actions:
        return "q", index
    if index == actions:
        return "v", 0
    return "advantage", index - actions - 1
