"""Figures that compare the returns and the updates of several agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pglab import palette
from pglab.curves import SMOOTHING_EPISODES, Curve, UsualBand
from pglab.language import _
from pglab.plots.end_labels import end_labels
from pglab.plots.figures import Figure, area, framed, horizontal, line, packed, with_room
from pglab.plots.returns import earlier_line, median_lines

# Each agent of a comparison has its own dash pattern. Earlier comparisons have dotted lines.
DASHES = ("solid", "dash", "dashdot", "9px,3px,3px,3px,3px,3px")
BELOW_LEGEND = 0.65  # share of a figure's height that remains below a legend of four agents


@dataclass(frozen=True)
class SideCurves:
    """The curves of one side of a comparison: one agent with all its seeds.

    `seeds` holds a curve of smoothed returns for each seed, and `middle` is the median of these
    curves. If there is only one seed, `points` holds the returns of this seed's episodes. `band` is
    the quartile band of several seeds; `band` is None for one seed, or while there are too few
    returns. `stored` is the quartile band of this agent's stored runs.
    """

    name: str
    colour: str
    seeds: Sequence[Curve]
    middle: Curve
    points: Curve | None = None
    band: UsualBand | None = None
    stored: UsualBand | None = None


def returns_figure(
    sides: Sequence[SideCurves],
    steps: float,
    return_range: tuple[float, float],
    earlier: Sequence[Curve] = (),
) -> Figure:
    """Return a figure of the smoothed returns of several agents.

    Each seed has a thin line, and the median of each agent has a thick line.

    Args:
        sides: the agents' curves, in the order of the comparison.
        steps: right end of the horizontal axis, in environment steps.
        return_range: least and greatest return of an episode.
        earlier: median curves of earlier comparisons. Each curve has at least one point, and a
            label at its end.
    """
    low, high = return_range
    traces = [earlier_line(curve, steps) for curve in earlier]
    for side in sides:
        if side.stored is not None:
            traces += _stored(side.stored, side.colour)
    traces += [area(s.band, palette.band_colour(s.colour)) for s in sides if s.band is not None]
    for side, dash in zip(sides, DASHES, strict=False):
        if side.points is not None:
            traces.append(_points(side.points, side.colour))
        if len(side.seeds) > 1:
            for seed in side.seeds:
                thin = line(seed, side.colour, width=1, legend=False)
                traces.append(thin | {"opacity": 0.45})
        traces += _middle(side, dash)
    figure = framed(
        _("environment steps"), _("mean of {n} returns").format(n=SMOOTHING_EPISODES), traces
    )
    figure["layout"]["xaxis"] |= {"range": [0, steps], "tickformat": "~s"}
    figure["layout"]["yaxis"] |= {
        "range": with_room(low, high),
        "tickvals": np.linspace(low, high, 6).tolist(),
    }
    figure["layout"]["annotations"] = end_labels(earlier, steps, (low, high), BELOW_LEGEND)
    figure["layout"]["shapes"] = [horizontal(high)]
    figure["layout"]["showlegend"] = True
    return figure


def _stored(band: UsualBand, colour: str) -> list[dict[str, Any]]:
    """Return the traces for the median and the quartile band of stored runs, in light colours."""
    shade = area(band, palette.band_colour(colour)) | {"opacity": 0.6}
    median = line(Curve(band.steps, band.median, band.label), colour, width=1.5, legend=False)
    return [shade, median | {"opacity": 0.5}]


def _middle(side: SideCurves, dash: str) -> list[dict[str, Any]]:
    """Return an agent's thick curve; after the first seed has stopped, the curve is dotted."""
    if side.band is not None:
        return median_lines(
            side.band, len(side.seeds), side.colour, width=3, label=side.name, dash=dash
        )
    middle = Curve(side.middle.steps, side.middle.returns, side.name)
    return [line(middle, side.colour, width=3, dash=dash)]


def _points(episodes: Curve, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed(episodes.steps),
        "y": packed(episodes.returns),
        "marker": {"color": colour, "size": 4, "opacity": 0.4},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def updates_figure(
    sides: Sequence[tuple[str, str, Curve]],
    steps: float,
    label: str,
    value_range: tuple[float, float],
) -> Figure:
    """Return a figure of one quantity over all updates, with one smoothed line for each agent.

    Args:
        sides: name, colour and smoothed curve of each agent.
        steps: right end of the horizontal axis, in environment steps.
        label: label of the vertical axis.
        value_range: least and greatest value on the vertical axis.
    """
    traces = []
    for (name, colour, curve), dash in zip(sides, DASHES, strict=False):
        named = Curve(curve.steps, curve.returns, name)
        traces.append(line(named, colour, width=2.5, dash=dash))
    low, high = value_range
    room = 0.05 * (high - low)
    figure = framed(_("environment steps"), label, traces)
    figure["layout"]["xaxis"] |= {"range": [0, steps], "tickformat": "~s"}
    figure["layout"]["yaxis"]["range"] = [low - room, high + room]
    figure["layout"]["shapes"] = [horizontal(0)]
    figure["layout"]["showlegend"] = True
    return figure
