"""Shared parts of all figures, and the figures that show a policy or a batch.

A figure is a plain dictionary with the structure of Plotly's JSON. `plotly.graph_objects` is not
used here, because this library checks every property at each redraw. These checks take longer than
the rest of the redraw. The tests check the properties instead.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.curves import Curve, GuessRegion, UsualBand, kept_by_place, thinned
from pglab.language import _

Numbers = NDArray[np.floating]
Figure = dict[str, Any]

SHORTEST_AXIS = 2_500  # environment steps
MOST_POINTS = 400  # points of a trace; with more points, a browser misses its next redraw
LEAST_BATCH = 10  # steps; on a shorter axis, Plotly would also draw ticks at fractions of a step
MOST_EPISODE_ENDS = 40
# Least length of an axis, as a share of its largest absolute value (or of 1, if 1 is larger).
LEAST_SPAN = 0.05


def with_room(low: float, high: float) -> list[float]:
    """Return the range of an axis from `low` to `high`, with extra room at both ends."""
    span = high - low
    return [low - 0.03 * span, high + 0.08 * span]


def step_limit(reached: float, total_steps: int, compared: Sequence[float] = ()) -> float:
    """Return the right end of an axis of environment steps.

    The axis contains all steps that the run has taken. The right end moves outwards only in jumps.

    Args:
        reached: number of steps that the run has taken.
        total_steps: number of steps at which the run will end.
        compared: the last step of each curve that is compared with the run. Before the run's first
            step, all these curves fit on the axis. Later, the axis may end before a curve ends.
    """
    if not reached and compared:
        return max(compared) * 1.01
    return min(_doubled(SHORTEST_AXIS, 1.05 * reached), max(total_steps, reached) * 1.01)


def step_axis(limit: float) -> dict[str, Any]:
    """Return Plotly's properties for an axis of environment steps.

    When the axis gets longer, a reader's zoom is reset. Otherwise, Plotly would keep only one end
    of the zoomed range.
    """
    return {"tickformat": "~s", "range": [0, limit], "uirevision": limit}


def _doubled(start: float, least: float) -> float:
    """Double `start` until it is at least `least`."""
    while start < least:
        start *= 2
    return start


def calm_limits(values: Numbers | NDArray[np.integer], *included: float) -> list[float]:
    """Return the limits of an axis or a colour scale.

    The limits contain all `values` and all `included` numbers. The limits are rounded outwards to
    multiples of a step, so small changes of the values rarely move the limits. The step is a
    sixteenth to an eighth of the axis before rounding.
    """
    finite = np.append(values[np.isfinite(values)], included)
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    span = max(high - low, LEAST_SPAN * max(abs(low), abs(high), 1.0))
    beside = (span - (high - low)) / 2
    low, high = low - beside, high + beside
    step = 2.0 ** math.floor(math.log2(span)) / 8
    first = math.floor(low / step)
    return [first * step, max(math.ceil(high / step), first + 1) * step]


def probability_figure(
    probabilities: Numbers,
    x: Numbers,
    y: Numbers,
    x_label: str,
    y_label: str,
    action: str,
    colours: tuple[str, str],
    uniform: float,
    path: Numbers,
) -> Figure:
    """Return a heatmap of one action's probability over two observation axes.

    Args:
        probabilities: [Y, X] probability of the action, with one row for each value of `y`.
        x: [X] values of the horizontal axis.
        y: [Y] values of the vertical axis.
        x_label: name and unit of the horizontal axis.
        y_label: name and unit of the vertical axis.
        action: name of the action.
        colours: colours of probability 0 and of probability 1.
        uniform: the probability of each action in a uniform policy; it has the neutral colour.
        path: [N, 2] points of an episode, drawn as a line on the heatmap.
    """
    heatmap = {
        "type": "heatmap",
        "z": packed(probabilities),
        "x": packed(x),
        "y": packed(y),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, colours[0]], [uniform, palette.NEUTRAL], [1, colours[1]]],
        "colorbar": {"thickness": 10, "tickvals": [0, uniform, 1], "tickformat": ".0%", "len": 1},
        "hovertemplate": f"{x_label} %{{x:.2f}}<br>{y_label} %{{y:.2f}}<br>"
        f"π({action}) = %{{z:.3f}}<extra></extra>",
    }
    return over_plane(heatmap, x_label, y_label, path)


def over_plane(heatmap: dict[str, Any], x_label: str, y_label: str, path: Numbers) -> Figure:
    """Return a figure that a heatmap fills, with a line through the points of `path` [N, 2]."""
    way = {
        "type": "scatter",
        "mode": "lines",
        "x": packed(path[:, 0]),
        "y": packed(path[:, 1]),
        "line": {"color": palette.PATH, "width": 1.5},
        "hoverinfo": "skip",
    }
    figure = framed(x_label, y_label, [heatmap, way])
    for side in ("x", "y"):
        ticks = unpacked(heatmap[side])
        figure["layout"][f"{side}axis"]["range"] = [float(ticks[0]), float(ticks[-1])]
    return figure


def weights_figure(
    weights: Numbers,
    actions: NDArray[np.integer],
    episode_ends: NDArray[np.bool_],
    action_names: Sequence[str],
    label: str,
) -> Figure:
    """Return a scatter plot of the weight wₜ at each step of a batch.

    Colours show the actions, and dotted lines mark the ends of episodes.

    Args:
        weights: [T] the weights wₜ, which are factors of ∇log π.
        actions: [T] actions taken.
        episode_ends: [T] true at the last step of an episode.
        action_names: [A] names of the actions.
        label: label of the vertical axis.
    """
    drawn = thinned(len(weights), MOST_POINTS)
    colours = np.array(palette.action_colours(len(action_names)))
    symbols = np.array(["circle", "diamond", "square"])
    taken = actions[drawn]
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": packed(drawn),
        "y": packed(weights[drawn]),
        # One trace holds the points of all actions, in the order of time. With one trace for each
        # action, the points of the last action would hide the other points.
        "marker": {
            "color": colours[taken].tolist(),
            "symbol": symbols[taken % len(symbols)].tolist(),
            "size": 5,
        },
        "text": np.array(action_names)[taken].tolist(),
        "hovertemplate": _("step %{x}, %{text}<br>weight %{y:.2f}") + "<extra></extra>",
        "showlegend": False,
    }
    legend = [
        _legend_entry(name, str(colours[action]), str(symbols[action % len(symbols)]))
        for action, name in enumerate(action_names)
    ]
    limits = calm_limits(weights, 0)
    ends = np.flatnonzero(episode_ends[:-1])[:MOST_EPISODE_ENDS] + 0.5
    figure = framed(_("time step in the batch"), label, [_verticals(ends, limits), points, *legend])
    figure["layout"]["xaxis"]["range"] = calm_limits(np.append(drawn, LEAST_BATCH).astype(float), 0)
    figure["layout"]["yaxis"]["range"] = with_room(*limits)
    figure["layout"]["shapes"] = [horizontal(0)]
    figure["layout"]["showlegend"] = True
    return figure


def _legend_entry(name: str, colour: str, symbol: str) -> dict[str, Any]:
    """Return a trace without points; the trace only adds an entry to the legend."""
    marker = {"color": colour, "symbol": symbol}
    empty = {"type": "scatter", "mode": "markers", "x": [None], "y": [None]}
    return empty | {"marker": marker, "name": name}


def packed(values: Numbers | NDArray[np.integer]) -> dict[str, str]:
    """Encode numbers as Plotly's typed array; for a picture, 32 bits per number are enough."""
    array = np.ascontiguousarray(values, dtype="<f4")
    encoded = {"dtype": "f4", "bdata": base64.b64encode(array.tobytes()).decode("ascii")}
    if array.ndim > 1:
        encoded["shape"] = ", ".join(str(size) for size in array.shape)
    return encoded


def unpacked(array: dict[str, str]) -> NDArray[np.float32]:
    """Decode a one-dimensional array that `packed` has encoded."""
    return np.frombuffer(base64.b64decode(array["bdata"]), dtype="<f4")


def framed(x_label: str, y_label: str, traces: list[dict[str, Any]]) -> Figure:
    """Return a figure with labelled axes; a reader's zoom stays when the figure is redrawn."""
    return {
        "data": traces,
        "layout": {
            "uirevision": f"{x_label}|{y_label}",
            "xaxis": {"title": {"text": x_label, "standoff": 6}, "zeroline": False},
            "yaxis": {"title": {"text": y_label, "standoff": 4}, "zeroline": False},
            "legend": {"orientation": "h", "y": 1, "yanchor": "bottom"},
            "showlegend": False,
            "hovermode": "closest",
        },
    }


def titled(figure: Figure, name: str, title: str, subtitle: str = "") -> Figure:
    """Return the figure with a name and a title, so that a presentation can show it as a panel."""
    meta = {"name": name, "title": title, "subtitle": subtitle}
    return {**figure, "layout": {**figure["layout"], "meta": meta}}


def line(
    curve: Curve, colour: str, *, width: float, dash: str = "solid", legend: bool = True
) -> dict[str, Any]:
    """Return a line through the points of a curve; on a long curve, many points are left out."""
    drawn = kept_by_place(curve.steps, curve.returns, MOST_POINTS)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": packed(curve.steps[drawn]),
        "y": packed(curve.returns[drawn]),
        "line": {"color": colour, "width": width, "dash": dash},
        "name": curve.label,
        "showlegend": legend,
        "hovertemplate": f"{curve.label}<br>%{{x:,.0f}}: %{{y:.3~g}}<extra></extra>",
    }


def guess_region(guess: GuessRegion, return_range: tuple[float, float]) -> list[dict[str, Any]]:
    """Return the traces of a visitor's guess: a filled region, and dashed lines at its bounds.

    If the guess has no lower bound, the region begins at the lower end of the axis. If the guess
    has no upper bound, the region ends at the upper end of the axis.
    """
    bottom, top = with_room(*return_range)
    low, high = (float(np.clip(bound, bottom, top)) for bound in (guess.low, guess.high))
    across = np.array([guess.start, guess.end])
    band = UsualBand(across, np.full(2, low), np.full(2, low), np.full(2, high), "")
    filled = area(band, palette.band_colour(palette.GUESS))
    label = _("your guess")
    named = {"name": label, "showlegend": True, "legendrank": 1}
    bounds = [bound for bound in (low, high) if bottom < bound < top]
    return [filled | named, *(_bound(across, bound, label) for bound in bounds)]


def _bound(across: Numbers, height: float, label: str) -> dict[str, Any]:
    level = Curve(across, np.full(2, height), label)
    return line(level, palette.GUESS, width=2, dash="dash", legend=False)


def area(band: UsualBand, colour: str) -> dict[str, Any]:
    """Return a filled area from the lower to the upper quantile of a band."""
    return {
        "type": "scatter",
        "x": packed(np.concatenate([band.steps, band.steps[::-1]])),
        "y": packed(np.concatenate([band.high, band.low[::-1]])),
        "mode": "lines",
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _verticals(places: Numbers, ends: Sequence[float]) -> dict[str, Any]:
    """Return dotted vertical lines as one trace; Plotly redraws a trace faster than shapes."""
    line_style = {"color": palette.EARLIER_RUN, "width": 1, "dash": "dot"}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": packed(np.repeat(places, 3)),
        "y": packed(np.tile([*ends, np.nan], len(places))),
        "line": line_style,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def vertical(x: float) -> dict[str, Any]:
    """Return a Plotly shape that draws a thin vertical line through the whole plot."""
    ends = {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    return ends | {"line": {"color": palette.EARLIER_RUN, "width": 1}}


def horizontal(y: float, dash: str = "solid") -> dict[str, Any]:
    """Return a Plotly shape that draws a horizontal line across the whole plot."""
    ends = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": y, "y1": y}
    return ends | {"line": {"color": palette.EARLIER_RUN, "width": 1, "dash": dash}}
