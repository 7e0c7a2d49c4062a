"""Pictures of noisy gradients: arrays in, plotly figures out, as in `plots`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pglab.curves import Curve, Numbers, thinned
from pglab.language import _
from pglab.plots.figures import Figure, framed, horizontal, line, packed

MOST_ARROWS = 150
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
DASHES = ("solid", "dash", "dashdot", "solid")
ELLIPSE_POINTS = 61
SHOWN_WHOLE = 0.95  # share of the arrows
LEAST_LIMIT = 1e-9  # of an axis, so that a plane without gradients has one


@dataclass(frozen=True)
class Arrows:
    """The gradients [K, 2] of K episodes by one estimator, in the plane, and what to call them.

    `labels` [K] are shown under the pointer.
    """

    name: str
    colour: str
    tips: Numbers
    labels: Sequence[str]


@dataclass(frozen=True)
class SnrCurve:
    """One estimator's signal-to-noise ratio over the number of episodes averaged.

    `of_one` is that of a single episode, `measured` [S] of the mean over groups of each size.
    """

    name: str
    colour: str
    of_one: float
    measured: Numbers


def plane_limit(panels: Sequence[Arrows]) -> float:
    """Where the axes of all panels end: only the longest twentieth of the first's arrows leave."""
    tips = np.abs(panels[0].tips).max(axis=1)
    return max(float(np.quantile(tips, SHOWN_WHOLE)), LEAST_LIMIT)


def arrows_figure(arrows: Arrows, survey_length: float, limit: float) -> Figure:
    """Each episode's gradient as an arrow, the mean as a thick one, and their spread.

    The dotted ellipse is one standard deviation of an episode, the solid one of the mean over all
    of them; a cross marks the mean gradient of the survey. More than `MOST_ARROWS` are thinned
    evenly; ellipses and mean use them all.

    Args:
        arrows: [K, 2], the first coordinate along the survey's mean gradient.
        survey_length: where the cross is on that axis.
        limit: of both axes, in both directions.
    """
    covariance = np.cov(arrows.tips.T.astype(np.float64))
    spread = _ellipse(
        arrows.tips.mean(axis=0), covariance, arrows.colour, "dot", _("spread of an episode")
    )
    figure = _in_plane([_thin_arrows(arrows), spread, *_mean(arrows)], survey_length)
    figure["layout"]["uirevision"] = f"{arrows.name}|{limit}"
    for side in ("x", "y"):
        figure["layout"][f"{side}axis"]["range"] = [-limit, limit]
    return figure


def means_figure(panels: Sequence[Arrows], survey_length: float) -> Figure:
    """The mean gradients of all panels, close up, each with the spread of a mean over K."""
    traces = [
        trace | {"legendgroup": n, "name": panel.name, "showlegend": trace["mode"] != "lines"}
        for n, panel in enumerate(panels)
        for trace in _mean(panel)
    ]
    figure = _in_plane(traces, survey_length)
    figure["layout"]["showlegend"] = True
    figure["layout"]["margin"] |= {"t": 44}
    return figure


def _in_plane(traces: list[dict[str, Any]], survey_length: float) -> Figure:
    """Traces on the two axes of the plane, of one scale, with numbers on both."""
    figure = framed(_("along the gradient"), _("across it"), traces)
    layout = figure["layout"]
    layout["annotations"] = [_cross(survey_length)]
    layout["margin"] = {"l": 48, "r": 4, "t": 4, "b": 40}
    for side in ("x", "y"):
        layout[f"{side}axis"] |= {
            "zeroline": True,
            "tickformat": "~s",
            "nticks": 5,
            "automargin": False,
            "constrain": "domain",
        }
    layout["yaxis"] |= {"scaleanchor": "x", "constraintoward": "top"}  # angles as they are
    return figure


def snr_figure(
    curves: Sequence[SnrCurve], sizes: Sequence[int], episodes: int, most: int
) -> Figure:
    """Signal-to-noise ratio of the mean over k episodes against k, both on log scales.

    Lines are k times the ratio of a single episode; points were measured on groups of episodes. A
    curve without a positive ratio is left out.

    Args:
        curves: one per estimator.
        sizes: [S] of the groups.
        episodes: the number drawn, marked by a vertical line.
        most: the end of the horizontal axis.
    """
    steps = np.geomspace(1, most, 25)
    traces = []
    for n, curve in enumerate(curves):
        if not curve.of_one > 0:  # also where it is not a number
            continue
        whole = Curve(steps, curve.of_one * steps, curve.name)
        traces.append(line(whole, curve.colour, width=2, dash=DASHES[n]) | {"legendgroup": n})
        traces.append(_measured(curve, sizes, SYMBOLS[n]) | {"legendgroup": n})
    empty = {"type": "scatter", "mode": "lines", "x": [1], "y": [1]}  # Plotly refuses no trace
    figure = framed(_("episodes averaged, k"), _("signal-to-noise ratio"), traces or [empty])
    figure["layout"]["showlegend"] = bool(traces)
    if not traces:
        figure["layout"]["annotations"] = [_centred(_("no signal found"))]
    figure["layout"]["margin"] = {"l": 50, "r": 8, "t": 44, "b": 44}
    figure["layout"]["xaxis"] |= {"type": "log", "range": [-0.05, np.log10(most) + 0.05]}
    figure["layout"]["xaxis"]["tickvals"] = [1, 10, 100, *[most][: most not in (1, 10, 100)]]
    figure["layout"]["yaxis"] |= {"type": "log", "tickformat": "~g", "dtick": 1}
    figure["layout"]["shapes"] = [horizontal(1, "dash"), _drawn(episodes)]
    return figure


def _thin_arrows(arrows: Arrows) -> dict[str, Any]:
    """One trace for all: a pen that goes back to the origin for each arrow."""
    kept = thinned(len(arrows.tips), MOST_ARROWS)
    tips = arrows.tips[kept]
    origin, gap = np.zeros(len(kept)), np.full(len(kept), np.nan)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": packed(np.column_stack([origin, tips[:, 0], gap]).ravel()),
        "y": packed(np.column_stack([origin, tips[:, 1], gap]).ravel()),
        "line": {"color": arrows.colour, "width": 1},
        "opacity": 0.45,
        "marker": {
            "symbol": "arrow",
            "angleref": "previous",
            "color": arrows.colour,
            "size": [0, 6, 0] * len(kept),
            "line": {"width": 0},
        },
        "text": [text for k in kept for text in ("", arrows.labels[k], "")],
        "hovertemplate": "%{text}<br>" + _("along %{x:.3~s}, across %{y:.3~s}") + "<extra></extra>",
    }


def _mean(arrows: Arrows) -> list[dict[str, Any]]:
    """The mean over all K episodes as a thick arrow, and one standard deviation of it."""
    mean = arrows.tips.mean(axis=0)
    covariance = np.cov(arrows.tips.T.astype(np.float64)) / len(arrows.tips)
    label = _("spread of the mean of {k}").format(k=len(arrows.tips))
    arrow = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": packed(np.array([0.0, mean[0]])),
        "y": packed(np.array([0.0, mean[1]])),
        "line": {"color": arrows.colour, "width": 4},
        "marker": {
            "symbol": "arrow",
            "angleref": "previous",
            "color": arrows.colour,
            "size": [0, 16],
            "line": {"width": 0},
        },
        "hovertemplate": _("mean: along %{x:.3~s}, across %{y:.3~s}") + "<extra></extra>",
    }
    return [arrow, _ellipse(mean, covariance, arrows.colour, "solid", label)]


def _ellipse(
    mean: Numbers, covariance: Numbers, colour: str, dash: str, label: str
) -> dict[str, Any]:
    """One standard deviation around the mean in every direction of the plane."""
    squares, directions = np.linalg.eigh(covariance)
    turn = np.linspace(0, 2 * np.pi, ELLIPSE_POINTS)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    around = mean[:, None] + directions @ (np.sqrt(np.maximum(squares, 0.0))[:, None] * circle)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": packed(around[0]),
        "y": packed(around[1]),
        "line": {"color": colour, "width": 1.8, "dash": dash},
        "name": label,
        "hoverinfo": "name",
    }


def _measured(curve: SnrCurve, sizes: Sequence[int], symbol: str) -> dict[str, Any]:
    """Points without a colour of their own stand on the line of the same estimator."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed(np.array(sizes, dtype=float)),
        "y": packed(curve.measured),
        "marker": {"color": curve.colour, "size": 8, "symbol": symbol},
        "name": curve.name,
        "showlegend": False,
        "hovertemplate": f"{curve.name}<br>" + _("groups of %{x}: %{y:.3~g}") + "<extra></extra>",
    }


def _cross(length: float) -> dict[str, Any]:
    """In the theme's own text colour, which a trace would not take."""
    place = {"x": length, "y": 0, "showarrow": False, "text": "✚", "font": {"size": 18}}
    return place | {"hovertext": _("mean gradient of the separate episodes")}


def _centred(text: str) -> dict[str, Any]:
    """A text in the middle of a figure that has nothing to show."""
    place = {"x": 0.5, "y": 0.6, "xref": "paper", "yref": "paper", "showarrow": False}
    return place | {"text": text, "font": {"size": 16}}


def _drawn(episodes: int) -> dict[str, Any]:
    ends = {"type": "line", "x0": episodes, "x1": episodes, "y0": 0, "y1": 1, "yref": "paper"}
    return ends | {"line": horizontal(0)["line"] | {"dash": "dot"}}
