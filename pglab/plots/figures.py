"""Pictures of learning: arrays in, plotly figures out.

The figures are plotly's own JSON objects as plain dictionaries. `plotly.graph_objects` would
check every property at every redraw, which costs more than all the rest of a redraw; the tests
check them there instead.
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
MOST_POINTS = 400  # more SVG marks than this and a browser misses its next redraw
LEAST_BATCH = 10  # steps that there is room for, so that the ticks are whole steps
MOST_EPISODE_ENDS = 40
LEAST_SPAN = 0.05  # of an axis for numbers that are almost the same, relative to them


def with_room(low: float, high: float) -> list[float]:
    """An axis for returns, with room for marks at both ends."""
    span = high - low
    return [low - 0.03 * span, high + 0.08 * span]


def step_limit(reached: float, total_steps: int, compared: Sequence[float] = ()) -> float:
    """Right end of an axis of environment steps: it suits the run and grows in jumps.

    Args:
        reached: steps that the run has come to.
        total_steps: steps at which it will end.
        compared: last steps of what it is compared with. There is room for all of it until the
            run's first step; from then on it is drawn as far as the axis goes.
    """
    if not reached and compared:
        return max(compared) * 1.01
    return min(_doubled(SHORTEST_AXIS, 1.05 * reached), max(total_steps, reached) * 1.01)


def step_axis(limit: float) -> dict[str, Any]:
    """Properties of an axis of environment steps.

    A reader's zoom lasts until the axis grows: Plotly would keep one end of it and not the other.
    """
    return {"tickformat": "~s", "range": [0, limit], "uirevision": limit}


def _doubled(start: float, least: float) -> float:
    """The first of start, 2 start, 4 start, ... that is not below `least`."""
    while start < least:
        start *= 2
    return start


def calm_limits(values: Numbers | NDArray[np.integer], *included: float) -> list[float]:
    """Least and greatest of `values` and `included`, rounded outwards to an eighth of their span.

    An axis or a colour scale with these ends stays where it is while the values drift a little.
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
    """Heatmap of one action's probability over two observation axes.

    Args:
        probabilities: [Y, X] probability of the action.
        x: [X] values of the horizontal axis.
        y: [Y] values of the vertical axis.
        x_label: name and unit of the horizontal axis.
        y_label: name and unit of the vertical axis.
        action: name of the action.
        colours: of probability 0 and of probability 1.
        uniform: the probability shown in the neutral colour, that of chance.
        path: [N, 2] points of the episode now playing.
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
    """A heatmap whose `x` and `y` span the axes, with a path [N, 2] drawn on it."""
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
    """The factor of ∇log π at every step of a batch, coloured by action; dotted: episode ends."""
    drawn = thinned(len(weights), MOST_POINTS)
    colours = np.array(palette.action_colours(len(action_names)))
    symbols = np.array(["circle", "diamond", "square"])
    taken = actions[drawn]
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": packed(drawn),
        "y": packed(weights[drawn]),
        # One trace in the order of time: a trace per action would hide all but the last.
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
        {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "marker": {"color": str(colours[action]), "symbol": str(symbols[action % 3])},
            "name": name,
        }
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


def packed(values: Numbers | NDArray[np.integer]) -> dict[str, str]:
    """Numbers as plotly's typed array: a picture needs no more than 32 bits of each."""
    array = np.ascontiguousarray(values, dtype="<f4")
    encoded = {"dtype": "f4", "bdata": base64.b64encode(array.tobytes()).decode("ascii")}
    if array.ndim > 1:
        encoded["shape"] = ", ".join(str(size) for size in array.shape)
    return encoded


def unpacked(array: dict[str, str]) -> NDArray[np.float32]:
    """What `packed` made of one-dimensional numbers."""
    return np.frombuffer(base64.b64decode(array["bdata"]), dtype="<f4")


def framed(x_label: str, y_label: str, traces: list[dict[str, Any]]) -> Figure:
    """Traces with labelled axes; `uirevision` lets a reader's zoom survive redraws."""
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


def line(
    curve: Curve, colour: str, *, width: float, dash: str = "solid", legend: bool = True
) -> dict[str, Any]:
    """A trace that joins the points of a curve, of a long one those that `kept_by_place` keeps."""
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
    """A filled region, open to the end of the axis on a side that the guess leaves open.

    A bound is a dashed line; an open side has none.
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
    """What lies between the low and the high quantile."""
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
    """A trace of dotted lines across the plot, which changes more cheaply than shapes do."""
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


def horizontal(y: float, dash: str = "solid") -> dict[str, Any]:
    """A shape: a line across the whole plot."""
    ends = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": y, "y1": y}
    return ends | {"line": {"color": palette.EARLIER_RUN, "width": 1, "dash": dash}}
