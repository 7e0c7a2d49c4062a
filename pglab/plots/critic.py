"""Figures that show a critic: its values, errors, gradients, network and replay buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.curves import SMOOTHING_UPDATES, Curve, Numbers
from pglab.language import _
from pglab.plots.figures import (
    Figure,
    calm_limits,
    framed,
    horizontal,
    line,
    over_plane,
    packed,
    step_axis,
    with_room,
)

MOST_UPDATE_POINTS = 150  # most points in a plot with one point for each update
COMPACT_FONT = 10
BOX_HALF_WIDTH = 0.44  # the drawing of a network has columns of width 1


def value_figure(
    values: Numbers, x: Numbers, y: Numbers, x_label: str, y_label: str, name: str, path: Numbers
) -> Figure:
    """Return a heatmap of the critic's values over two observation axes.

    The colour scale covers the range of the values.

    Args:
        values: [Y, X] the critic's values, with one row for each value of `y`.
        x: [X] values of the horizontal axis.
        y: [Y] values of the vertical axis.
        x_label: name and unit of the horizontal axis.
        y_label: name and unit of the vertical axis.
        name: name of the quantity, for the label under the pointer.
        path: [N, 2] points of an episode, drawn as a line on the heatmap.
    """
    heatmap = _heatmap(values, x, y, name, palette.VALUE_SCALE, calm_limits(values))
    return over_plane(heatmap, x_label, y_label, path)


def advantage_figure(
    values: Numbers, x: Numbers, y: Numbers, x_label: str, y_label: str, name: str, path: Numbers
) -> Figure:
    """Return a heatmap of advantages over two observation axes; the colour of 0 is neutral."""
    most = calm_limits(np.abs(values), 0)[1]
    heatmap = _heatmap(values, x, y, name, palette.ADVANTAGE_SCALE, [-most, most])
    return over_plane(heatmap, x_label, y_label, path)


def fit_figure(estimates: Numbers, targets: Numbers) -> Figure:
    """Return a scatter plot of the critic's targets against the critic's estimates.

    Each point is one step. The height of a point above the diagonal is the TD error y − Q(s,a).

    Args:
        estimates: [N] estimates Q(s,a).
        targets: [N] targets y.
    """
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": packed(estimates),
        "y": packed(targets),
        "marker": {"color": palette.CRITIC, "size": 5, "opacity": 0.6},
        "hovertemplate": _("Q(s,a) = %{x:.2f}<br>target %{y:.2f}") + "<extra></extra>",
    }
    both = np.concatenate([estimates, targets]) if len(estimates) else np.array([0.0, 1.0])
    ends = np.array([both.min(), both.max()])
    diagonal = line(Curve(ends, ends, _("no error")), palette.EARLIER_RUN, width=1.2)
    figure = framed(_("estimate Q(s,a)"), _("target y"), [diagonal, points])
    limits = with_room(*calm_limits(both))
    figure["layout"]["xaxis"]["range"] = figure["layout"]["yaxis"]["range"] = limits
    return figure


def truth_figure(estimates: Numbers, returns: Numbers) -> Figure:
    """Return a scatter plot of discounted returns against the critic's estimates.

    Each point shows one step of a fresh episode: the critic's estimate for the action taken, and
    the discounted return after this action.
    """
    figure = fit_figure(estimates, returns)
    figure["layout"]["yaxis"]["title"]["text"] = _("observed discounted return")
    figure["data"][1]["hovertemplate"] = (
        _("Q(s,a) = %{x:.2f}<br>return %{y:.2f}") + "<extra></extra>"
    )
    for side in ("xaxis", "yaxis"):
        figure["layout"][side] |= {"automargin": True, "constrain": "domain"}
    figure["layout"]["yaxis"]["scaleanchor"] = (
        "x"  # with equal scales, the line without error is a diagonal
    )
    return figure


def conflict_figure(cosines: Curve, means: Curve, limit: float) -> Figure:
    """Return a plot of the cosine between the actor's and the critic's gradient on the shared body.

    Args:
        cosines: the cosines of single updates, drawn as points.
        means: the smoothed cosine, drawn as a line.
        limit: right end of the axis of environment steps.
    """
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": packed(cosines.steps),
        "y": packed(cosines.returns),
        "marker": {"color": palette.EARLIER_RUN, "size": 4, "opacity": 0.6},
        "name": _("update"),
        "hovertemplate": _("step %{x:,.0f}<br>cosine %{y:.2f}") + "<extra></extra>",
    }
    mean = replace(means, label=_("mean of {n}").format(n=SMOOTHING_UPDATES))
    figure = framed(
        _("environment steps"), _("cosine"), [points, line(mean, palette.THIS_RUN, width=2.5)]
    )
    figure["layout"]["yaxis"]["range"] = [-1.05, 1.05]
    figure["layout"]["xaxis"] |= step_axis(limit)
    figure["layout"]["shapes"] = [horizontal(0)]
    figure["layout"]["showlegend"] = True
    return figure


def norms_figure(actor: Curve, critic: Curve, limit: float) -> Figure:
    """Return a plot of the smoothed gradient norms of the two losses, on a log scale.

    Args:
        actor: the gradient norms of the actor's loss.
        critic: the gradient norms of the critic's loss.
        limit: right end of the axis of environment steps.
    """
    traces = [
        line(replace(norms, label=label), colour, width=2)
        for norms, label, colour in (
            (actor, _("actor's loss"), palette.ACTOR),
            (critic, _("critic's loss"), palette.CRITIC),
        )
    ]
    figure = framed(_("environment steps"), _("gradient norm"), traces)
    figure["layout"]["yaxis"] |= {"type": "log", "tickformat": ".0e", "nticks": 6}
    figure["layout"]["xaxis"] |= step_axis(limit)
    figure["layout"]["showlegend"] = True
    return figure


def buffer_figure(
    stored: Numbers, ages: NDArray[np.integer], visited: Numbers, x_label: str, y_label: str
) -> Figure:
    """Return a scatter plot of the states in the replay buffer, coloured by age.

    The most recently visited states are drawn on top.

    Args:
        stored: [N, 2] the buffer's states, as points on the two axes of the figure.
        ages: [N] environment steps since each transition was collected.
        visited: [M, 2] the states of the M most recent steps, as points on the same axes.
        x_label: name and unit of the horizontal axis.
        y_label: name and unit of the vertical axis.
    """
    buffer = {
        "type": "scatter",
        "mode": "markers",
        "x": packed(stored[:, 0]),
        "y": packed(stored[:, 1]),
        "marker": {
            "color": packed(ages),
            "colorscale": palette.AGE_SCALE,
            "cmin": 0,
            "cmax": calm_limits(ages.astype(float), 0)[1],
            "size": 5,
            "showscale": True,
            "colorbar": {"thickness": 10, "tickformat": "~s", "title": {"text": _("age")}},
        },
        "name": _("in the buffer"),
        "hovertemplate": _("collected %{marker.color:,.0f} steps ago") + "<extra></extra>",
    }
    present = {
        "type": "scatter",
        "mode": "markers",
        "x": packed(visited[:, 0]),
        "y": packed(visited[:, 1]),
        "marker": {"color": palette.THIS_RUN, "size": 5, "symbol": "circle-open"},
        "name": _("visited now"),
        "hoverinfo": "skip",
    }
    figure = framed(x_label, y_label, [buffer, present])
    both = np.concatenate([stored, visited])
    for side, values in (("x", both[:, 0]), ("y", both[:, 1])):
        figure["layout"][f"{side}axis"]["range"] = with_room(*calm_limits(values))
    figure["layout"]["showlegend"] = True
    return figure


@dataclass(frozen=True)
class Box:
    """A box that represents one layer in the drawing of a network.

    `actor` is the gradient norm of the actor's loss on this layer, and `critic` is the gradient
    norm of the critic's loss on this layer. If a loss gives the layer no gradient, the norm of
    this loss is None.
    """

    column: float
    row: float
    text: str
    actor: float | None
    critic: float | None


def network_figure(
    boxes: Sequence[Box], joints: Sequence[tuple[int, int]], *, compact: bool = False
) -> Figure:
    """Return a drawing of a network, with one box for each layer.

    Each box shows the gradient norms of the actor's loss and of the critic's loss.

    Args:
        boxes: the first box stands for the observation, and each other box for a layer.
        joints: pairs of indices of connected boxes; the left box of a pair comes first.
        compact: if true, the letters are smaller, so that the drawing fits into half the width.
    """
    figure = framed("", "", [])
    layout = figure["layout"]
    layout["shapes"] = [
        *(_joint(boxes[start], boxes[end]) for start, end in joints),
        *(_outline(box) for box in boxes),
    ]
    size = {"font": {"size": COMPACT_FONT}} if compact else {}
    layout["annotations"] = [_text(box) | size for box in boxes]
    for side, values in (("x", [b.column for b in boxes]), ("y", [b.row for b in boxes])):
        room = 0.55 if side == "x" else 0.75
        layout[f"{side}axis"] |= {
            "range": [min(values) - room, max(values) + room],
            "visible": False,
            "fixedrange": True,
        }
    layout["margin"] = {"l": 4, "r": 4, "t": 4, "b": 4}
    return figure


def _joint(start: Box, end: Box) -> dict[str, Any]:
    ends = {
        "x0": start.column + BOX_HALF_WIDTH,
        "y0": start.row,
        "x1": end.column - BOX_HALF_WIDTH,
        "y1": end.row,
    }
    return {"type": "line", **ends, "line": {"color": palette.EARLIER_RUN, "width": 1.5}}


def _outline(box: Box) -> dict[str, Any]:
    colours = [
        colour
        for colour, norm in ((palette.ACTOR, box.actor), (palette.CRITIC, box.critic))
        if norm is not None
    ]
    colour = {0: palette.EARLIER_RUN, 1: colours[0] if colours else "", 2: palette.THIS_RUN}
    corners = {"x0": box.column - BOX_HALF_WIDTH, "x1": box.column + BOX_HALF_WIDTH}
    corners |= {"y0": box.row - 0.38, "y1": box.row + 0.38}
    return {"type": "rect", **corners, "line": {"color": colour[len(colours)], "width": 2}}


def _text(box: Box) -> dict[str, Any]:
    lines = [f"<b>{box.text}</b>"]
    for colour, name, norm in (
        (palette.ACTOR, _("actor"), box.actor),
        (palette.CRITIC, _("critic"), box.critic),
    ):
        if norm is not None:
            shown = f"{float(f'{norm:.2g}'):g}"  # gives 150; the format .2g alone gives 1.5e+02
            lines.append(f'<span style="color:{colour}">{name} {shown}</span>')
    return {"x": box.column, "y": box.row, "text": "<br>".join(lines), "showarrow": False}


def _heatmap(
    values: Numbers,
    x: Numbers,
    y: Numbers,
    name: str,
    scale: list[list[Any]],
    limits: list[float],
) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": packed(values),
        "x": packed(x),
        "y": packed(y),
        "zmin": limits[0],
        "zmax": limits[1],
        "colorscale": scale,
        "colorbar": {"thickness": 10, "nticks": 5, "tickformat": ".3~g", "len": 1},
        "hovertemplate": f"{name} = %{{z:.3f}}<extra></extra>",
    }
