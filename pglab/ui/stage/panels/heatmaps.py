"""The heatmap of the policy, and functions that all heatmaps use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pglab.environments import EnvironmentInfo
from pglab.language import _
from pglab.looks.probes import Quantity, Slice, log_odds
from pglab.plots import run
from pglab.plots.figures import Figure
from pglab.ui.stage.panels.scenery import Maps, Scenery, View
from pglab.ui.stage.picture import FigurePanel, PendingPanel, Slices

MOST_NAMED = 2  # a subtitle has room for the names of at most this many fixed coordinates


def policy_map(scene: Scenery) -> PendingPanel:
    """Draw a heatmap of one action's probability over two coordinates of the observation."""
    return policy_panel(scene.maps, scene.view, "policy_map", "player")


def policy_panel(
    maps: Maps, view: View, key: str, playhead: str | None, name: str = ""
) -> PendingPanel:
    """Draw a heatmap of the probability of one action, with one slice for each plane of `maps`.

    Args:
        maps: the probabilities of the actions.
        view: says which action the heatmap shows.
        key: the key of the panel.
        playhead: the key of a player; a ring marks this player's observation. If None, the heatmap
            has no ring.
        name: a text before the title.
    """
    return PendingPanel(key, playhead, partial(_made_policy_panel, maps, view, key, name))


def _made_policy_panel(maps: Maps, view: View, key: str, name: str) -> FigurePanel:
    probabilities, _q_values = maps.values
    shown = probabilities[..., view.action]
    action = _(view.plane.info.actions[view.action])
    return FigurePanel(
        key,
        (name + _("π({action})") if name else _(run.PROBABILITY_TITLE)).format(action=action),
        "",
        policy_figure(shown[0], view),
        slices=slices_of(log_odds(shown), maps.planes, logistic=True),
        alt=_("Heatmap of the probability of one action over two observation axes."),
        detail=fixed_detail(view.plane),
    )


def slices_of(
    values: NDArray[np.float32], planes: Sequence[Slice], *, logistic: bool = False
) -> Slices:
    """Make the slices of a heatmap, one for each of K planes.

    `values` [K, Y, X] has Y rows and X columns for each plane. If `logistic` is true, `values` are
    log-odds.
    """
    size = values.shape[-1]
    nodes = [tuple(p.node(axis, size) for axis in (p.x_axis, p.y_axis)) for p in planes]
    return Slices(values, tuple(map(fixed_text, planes)), tuple(nodes), logistic)


def policy_figure(probabilities: NDArray[np.float32], view: View) -> Figure:
    """Draw a heatmap of the probabilities [Y, X] of `view.action`, with Y rows and X columns."""
    plane = view.plane
    return run.policy_figure(probabilities, plane.grid(len(probabilities)), plane.info, view.action)


def quantity_name(info: EnvironmentInfo, quantity: Quantity, action: int) -> str:
    """Return a formula for the quantity in the critic's heatmap, such as "Q(s, left)"."""
    if quantity == "v":
        return _("V(s) = Σ π·Q")
    letter = "Q" if quantity == "q" else "A"
    return f"{letter}(s, {_(info.actions[action])})"


def fixed_text(plane: Slice) -> str:
    """Return the values of a plane's fixed coordinates as text, with names if they are few."""
    fixed = plane.fixed_values
    if len(fixed) > MOST_NAMED:
        return _("at ({place})").format(place=", ".join(value for _name, value in fixed))
    rest = [f"{name} {value}" for name, value in fixed]
    return _("at {place}").format(place=", ".join(rest)) if rest else ""


def fixed_detail(plane: Slice) -> str:
    """Return a sentence that names the fixed coordinates, or "" if the subtitle names them."""
    if len(plane.hidden) <= MOST_NAMED:
        return ""
    names = ", ".join(name for name, _value in plane.fixed_values)
    return _("The numbers in parentheses are: {names}.").format(names=names)
