"""The figures on the page *Gradient lab*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pglab.curves import Curve, Numbers, thinned
from pglab.language import _
from pglab.plots.figures import Figure, framed, horizontal, line, packed, vertical

MOST_ARROWS = 150
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
DASHES = ("solid", "dash", "dashdot", "solid")
ELLIPSE_POINTS = 61
SHOWN_WHOLE = 0.95  # share of the first estimator's arrows that fit into its picture
LEAST_LIMIT = 1e-9  # end of both axes if all gradients are 0


@dataclass(frozen=True)
class Arrows:
    """The gradients that one estimator computes for K episodes, projected onto a plane.

    Each gradient is drawn as an arrow from the origin. `tips` [K, 2] are the ends of the arrows, as
    two coordinates in the plane. `labels` [K] are the texts that appear when the pointer is on an
    arrow.
    """

    name: str
    colour: str
    tips: Numbers
    labels: Sequence[str]


@dataclass(frozen=True)
class SnrCurve:
    """One estimator's signal-to-noise ratio as a function of the number of averaged episodes.

    `of_one` is the signal-to-noise ratio of the gradient from a single episode. `measured` [S]
    holds one ratio for each of the S group sizes. Each ratio was measured on the mean gradients of
    groups of episodes.
    """

    name: str
    colour: str
    of_one: float
    measured: Numbers


def plane_limit(pictures: Sequence[Arrows]) -> float:
    """Return the axis limit of all pictures, so that 95 % of the first picture's arrows fit."""
    tips = np.abs(pictures[0].tips).max(axis=1)
    return max(float(np.quantile(tips, SHOWN_WHOLE)), LEAST_LIMIT)


def arrows_figure(arrows: Arrows, survey_length: float, limit: float) -> Figure:
    """Return a figure with the episodes' gradients as thin arrows and their mean as a thick arrow.

    The dotted ellipse shows the standard deviation of a single episode's gradient. The solid
    ellipse shows the standard deviation of the mean over all episodes. The cross marks the mean
    gradient of separate episodes; these episodes have no arrows. At most `MOST_ARROWS` thin arrows
    are drawn, but the mean and the ellipses are computed from all gradients.

    Args:
        arrows: the gradients. The horizontal axis is the direction of the cross.
        survey_length: horizontal coordinate of the cross.
        limit: end of both axes, in both directions.
    """
    covariance = np.cov(arrows.tips.T.astype(np.float64))
    spread = _ellipse(
        arrows.tips.mean(axis=0), covariance, arrows.colour, "dot", _("spread of estimates")
    )
    figure = _in_plane([_thin_arrows(arrows), spread, *_mean(arrows)], survey_length)
    figure["layout"]["uirevision"] = f"{arrows.name}|{limit}"
    for side in ("x", "y"):
        figure["layout"][f"{side}axis"]["range"] = [-limit, limit]
    return figure


def means_figure(pictures: Sequence[Arrows], survey_length: float) -> Figure:
    """Return a figure that shows the mean gradient of every estimator, enlarged.

    An ellipse around each mean shows the standard deviation of this mean. The cross marks the mean
    gradient of separate episodes; `survey_length` is its horizontal coordinate.
    """
    traces = [
        trace | {"legendgroup": n, "name": arrows.name, "showlegend": trace["mode"] != "lines"}
        for n, arrows in enumerate(pictures)
        for trace in _mean(arrows)
    ]
    figure = _in_plane(traces, survey_length)
    figure["layout"]["showlegend"] = True
    figure["layout"]["margin"] |= {"t": 44}
    return figure


def _in_plane(traces: list[dict[str, Any]], survey_length: float) -> Figure:
    """Return a figure of `traces` and the cross in a plane; both axes have the same scale."""
    figure = framed(_("along the gradient"), _("across the gradient"), traces)
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
    # Both axes have the same scale, so angles in the picture are true.
    layout["yaxis"] |= {"scaleanchor": "x", "constraintoward": "top"}
    return figure


def snr_figure(
    curves: Sequence[SnrCurve], sizes: Sequence[int], episodes: int, most: int
) -> Figure:
    """Return a plot of a mean gradient's signal-to-noise ratio against k, the number of episodes.

    Both axes have log scales. Each line shows k times the signal-to-noise ratio of a single
    episode's gradient. Each point shows a signal-to-noise ratio that was measured on groups of k
    episodes. An estimator is left out if its ratio for a single episode is not positive.

    Args:
        curves: the data of the estimators, one curve for each estimator.
        sizes: [S] sizes of the groups.
        episodes: number of episodes that the visitor drew; a vertical line marks this number.
        most: right end of the horizontal axis.
    """
    steps = np.geomspace(1, most, 25)
    traces = []
    for n, curve in enumerate(curves):
        if not curve.of_one > 0:  # this condition also holds for NaN
            continue
        whole = Curve(steps, curve.of_one * steps, curve.name)
        traces.append(line(whole, curve.colour, width=2, dash=DASHES[n]) | {"legendgroup": n})
        traces.append(_measured(curve, sizes, SYMBOLS[n]) | {"legendgroup": n})
    empty = {"type": "scatter", "mode": "lines", "x": [1], "y": [1]}  # Plotly needs a trace
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
    """Return one trace that draws all thin arrows; each arrow begins at the origin."""
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
        "hovertemplate": "%{text}<br>" + _("gradient (%{x:.3~s}, %{y:.3~s})") + "<extra></extra>",
    }


def _mean(arrows: Arrows) -> list[dict[str, Any]]:
    """Return a thick arrow for the mean gradient, and an ellipse for its standard deviation."""
    mean = arrows.tips.mean(axis=0)
    covariance = np.cov(arrows.tips.T.astype(np.float64)) / len(arrows.tips)
    label = _("spread: {k}-episode mean").format(k=len(arrows.tips))
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
        "hovertemplate": _("mean gradient (%{x:.3~s}, %{y:.3~s})") + "<extra></extra>",
    }
    return [arrow, _ellipse(mean, covariance, arrows.colour, "solid", label)]


def _ellipse(
    mean: Numbers, covariance: Numbers, colour: str, dash: str, label: str
) -> dict[str, Any]:
    """Return an ellipse around the mean that shows one standard deviation."""
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
    """Return the measured points of one estimator, in the colour of the estimator's line."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed(np.array(sizes, dtype=float)),
        "y": packed(curve.measured),
        "marker": {"color": curve.colour, "size": 8, "symbol": symbol},
        "name": curve.name,
        "showlegend": False,
        "hovertemplate": f"{curve.name}<br>" + _("k = %{x}: SNR %{y:.3~g}") + "<extra></extra>",
    }


def _cross(length: float) -> dict[str, Any]:
    """Return a cross at the mean gradient of the separate episodes, which have no arrows.

    The cross is an annotation, because a trace does not get the text colour of the theme.
    """
    place = {"x": length, "y": 0, "showarrow": False, "text": "✚", "font": {"size": 18}}
    return place | {"hovertext": _("mean gradient of separate episodes")}


def _centred(text: str) -> dict[str, Any]:
    """Return an annotation that shows `text` in the middle of a figure without data."""
    place = {"x": 0.5, "y": 0.6, "xref": "paper", "yref": "paper", "showarrow": False}
    return place | {"text": text, "font": {"size": 16}}


def _drawn(episodes: int) -> dict[str, Any]:
    shape = vertical(episodes)
    shape["line"]["dash"] = "dot"
    return shape
