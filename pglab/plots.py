"""Pictures of learning: arrays in, plotly figures out.

The figures are plotly's own JSON objects as plain dictionaries. `plotly.graph_objects` would
check every property at every redraw, which costs more than all the rest of a redraw; the tests
check them there instead.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.language import _

Numbers = NDArray[np.floating]
Figure = dict[str, Any]

SMOOTHING_EPISODES = 20
SMOOTHING_UPDATES = 200
MOST_POINTS = 400  # more SVG marks than this and a browser misses its next redraw
LEAST_BATCH = 10  # steps that there is room for, so that the ticks are whole steps
MOST_EPISODE_ENDS = 40
MOST_MARK_LABELS = 4
LONGEST_END_LABEL = 32
LEAST_SPAN = 1e-3  # of an axis for numbers that are all the same, relative to them


@dataclass(frozen=True)
class Curve:
    """Returns of one run: `steps` [N] at the end of each episode, `returns` [N]."""

    steps: Numbers
    returns: Numbers
    label: str = ""


@dataclass(frozen=True)
class UsualBand:
    """What settings usually give: quantiles over seeds of the mean return, by step."""

    steps: Numbers
    low: Numbers
    median: Numbers
    high: Numbers
    label: str


@dataclass(frozen=True)
class ReturnPlot:
    """What the return plot shows."""

    run: Curve
    earlier: Sequence[Curve]
    usual: UsualBand | None
    total_steps: int
    return_range: tuple[float, float]
    changes: Sequence[tuple[int, str]] = ()  # step and label of settings changed on the way
    solved_at: int | None = None
    reading: Curve | None = None  # the seminar's progress reading
    guess: Curve | None = None  # what the visitor expects
    seeds: Sequence[Curve] = ()  # smoothed, of further seeds
    spread: UsualBand | None = None  # over the run's own seeds


def smoothed(returns: Numbers, window: int = SMOOTHING_EPISODES) -> NDArray[np.float64]:
    """Mean of each value and up to `window` − 1 before it, NaN left out: [N] → [N].

    NaN where there is none among them.
    """
    known = ~np.isnan(returns)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, returns, 0.0), dtype=float)])
    counts = np.concatenate([[0], np.cumsum(known)])
    ends = np.arange(1, len(returns) + 1)
    starts = np.maximum(ends - window, 0)
    number = counts[ends] - counts[starts]
    means: NDArray[np.float64] = np.full(len(returns), np.nan)
    np.divide(sums[ends] - sums[starts], number, out=means, where=number > 0)
    return means


def thinned(length: int, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """Indices of at most `most` evenly spaced items, the last always among them."""
    if length <= most:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, most).round().astype(np.intp))


def return_figure(plot: ReturnPlot) -> Figure:
    """Every episode's return over environment steps, its smoothed line, and what to compare with.

    Above `MOST_POINTS` episodes the points are thinned evenly; the line uses them all.
    """
    low, high = plot.return_range
    drawn = thinned(len(plot.run.returns))
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": packed(plot.run.steps[drawn]),
        "y": packed(plot.run.returns[drawn]),
        "marker": {"color": palette.THIS_RUN, "size": 4.5, "opacity": 0.55},
        "name": _("episode"),
        "hovertemplate": _("step %{x:,.0f}<br>return %{y:.0f}") + "<extra></extra>",
    }
    label = _("mean of {n}").format(n=SMOOTHING_EPISODES)
    mean = Curve(plot.run.steps, smoothed(plot.run.returns), label)
    traces = [
        *(_band(plot.usual) if plot.usual is not None else []),
        points,
        *(line(c, palette.EARLIER_RUN, width=2, dash="dot", legend=False) for c in plot.earlier),
        *(_thin(curve) for curve in plot.seeds),
        line(mean, palette.THIS_RUN, width=1.5 if plot.seeds else 2.5),
        *(_spread(plot.spread) if plot.spread is not None else []),
    ]
    if plot.reading is not None:
        traces.append(line(plot.reading, palette.THIS_RUN, width=1.2, dash="dash"))
    if plot.guess is not None:
        traces.append(guess_line(plot.guess))
    marks = [*plot.changes]
    if plot.solved_at is not None:
        marks.append((plot.solved_at, _("solved")))
    figure = framed(_("environment steps"), _("return of an episode"), traces)
    figure["layout"]["shapes"] = [
        horizontal(high),
        *(_vertical(step, palette.THIS_RUN) for step, _text in marks),
    ]
    named = marks[-MOST_MARK_LABELS:]
    figure["layout"]["annotations"] = [
        *(_annotation(step, text, row) for row, (step, text) in enumerate(named)),
        *(_end_label(curve) for curve in plot.earlier if len(curve.steps)),
    ]
    figure["layout"]["showlegend"] = True  # earlier runs are named at their ends instead
    figure["layout"]["xaxis"] |= {
        "range": [0, x_limit(_reached(plot), plot.total_steps)],
        "tickformat": "~s",
    }
    figure["layout"]["yaxis"] |= {
        "range": with_room(low, high),
        "tickvals": np.linspace(low, high, 6).tolist(),
    }
    return figure


def _reached(plot: ReturnPlot) -> float:
    """The last step that any of the runs has got to."""
    curves = [
        plot.run,
        *plot.seeds,
        *plot.earlier,
        *([plot.guess] if plot.guess is not None else []),
    ]
    return max([0.0, *(float(curve.steps[-1]) for curve in curves if len(curve.steps))])


def with_room(low: float, high: float) -> list[float]:
    """An axis for returns, with room for marks at both ends."""
    span = high - low
    return [low - 0.03 * span, high + 0.08 * span]


def x_limit(reached: float, total_steps: int) -> float:
    """Room for what there is to see, growing in jumps so that the picture does not creep."""
    return min(_doubled(10_000, 1.05 * reached), max(total_steps, reached) * 1.01)


def update_axis(steps: Numbers) -> dict[str, Any]:
    """Properties of the axis of environment steps for what updates tell; it grows in jumps."""
    reached = float(steps[-1]) if len(steps) else 0.0
    return {"tickformat": "~s", "range": [0, _doubled(500, reached)]}


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
    drawn = thinned(len(weights))
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


def series_figure(
    steps: Numbers, values: Numbers, label: str, colour: str, most: float | None = None
) -> Figure:
    """One number per update over environment steps; the axis runs from 0 to `most` if given."""
    figure = framed(
        _("environment steps"), label, [line(Curve(steps, values, label), colour, width=1.5)]
    )
    figure["layout"]["xaxis"] |= update_axis(steps)
    limits = calm_limits(values) if most is None else [0, 1.05 * most]
    figure["layout"]["yaxis"]["range"] = limits
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
    """A trace that joins the points of a curve, thinned evenly."""
    drawn = thinned(len(curve.steps))
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


def guess_line(guess: Curve) -> dict[str, Any]:
    """A trace for what the visitor expects, told from all measured lines by its long dashes."""
    return line(guess, palette.GUESS, width=2.5, dash="longdash")


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


def _band(band: UsualBand) -> list[dict[str, Any]]:
    between = area(band, palette.USUAL_BAND)
    median = Curve(band.steps, band.median, _("usual"))
    return [between, line(median, palette.USUAL_LINE, width=1.2)]


def _thin(curve: Curve) -> dict[str, Any]:
    """A further seed of this run."""
    label = _("seed {seed}").format(seed=curve.label)
    thin = line(replace(curve, label=label), palette.THIS_RUN, width=1, legend=False)
    return thin | {"opacity": 0.4}


def _spread(band: UsualBand) -> list[dict[str, Any]]:
    """The band over this run's seeds, and its median."""
    between = area(band, palette.band_colour(palette.THIS_RUN))
    median = Curve(band.steps, band.median, band.label)
    return [between, line(median, palette.THIS_RUN, width=3.5)]


def _vertical(x: float, colour: str) -> dict[str, Any]:
    ends = {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    return ends | {"line": {"color": colour, "width": 1, "dash": "dot"}}


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


def _annotation(x: float, text: str, row: int) -> dict[str, Any]:
    """A label beside a mark, each in a row of its own so that near marks stay legible."""
    place = {"x": x, "y": 1 - 0.1 * row, "yref": "paper", "xanchor": "left", "yanchor": "top"}
    return place | {"text": text, "showarrow": False}


def _end_label(curve: Curve) -> dict[str, Any]:
    """The name of an earlier run at the last point of its line."""
    text = curve.label
    if len(text) > LONGEST_END_LABEL:
        text = text[: LONGEST_END_LABEL - 1] + "…"
    place = {"x": float(curve.steps[-1]), "y": float(curve.returns[-1]), "yanchor": "bottom"}
    return place | {"xanchor": "right", "text": text, "showarrow": False}
