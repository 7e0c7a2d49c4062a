"""The figure of a run: its returns, curves for comparison, and the loss in a lower plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pglab import palette
from pglab.curves import (
    SMOOTHING_EPISODES,
    Curve,
    GuessRegion,
    Numbers,
    UsualBand,
    kept_by_place,
)
from pglab.language import _
from pglab.plots.end_labels import end_labels
from pglab.plots.figures import (
    MOST_POINTS,
    Figure,
    area,
    calm_limits,
    framed,
    guess_region,
    horizontal,
    line,
    packed,
    step_axis,
    with_room,
)

MOST_MARK_LABELS = 4
POINTS_BEYOND = 100  # most points of an earlier run beyond the axis; a zoom-out shows these points
LOSS_SHARE = 0.38  # the loss takes this share of the figure's height


@dataclass(frozen=True)
class LossPlot:
    """The loss at each update.

    The figure shows the curve `every`. If each single loss is mostly noise, the figure also shows
    the moving mean `mean`.
    """

    every: Curve
    mean: Curve | None = None


@dataclass(frozen=True)
class ReturnPlot:
    """Everything that the figure of a run shows.

    If the run is long, `run`, `mean`, `reading` and `loss` contain only the points that are drawn.
    """

    run: Curve  # the return of each episode
    mean: Curve  # moving mean of the returns
    earlier: Sequence[Curve]
    usual: UsualBand | None
    limit: float  # right end of the horizontal axis, in environment steps
    return_range: tuple[float, float]
    changes: Sequence[tuple[int, str]] = ()  # step and label of each change of settings
    solved: tuple[int, str] | None = None  # step at which the run was solved, and label
    reading: Curve | None = None  # the seminar's measure of progress
    guess: GuessRegion | None = None
    seeds: Sequence[Curve] = ()  # smoothed returns of further seeds
    spread: UsualBand | None = None  # quartiles over all seeds of the run
    loss: LossPlot | None = None


def return_figure(plot: ReturnPlot) -> Figure:
    """Return a figure of a run's returns over environment steps, with curves for comparison.

    Each point is an episode, and the run's line is a moving mean of the returns.
    """
    low, high = plot.return_range
    mean = replace(plot.mean, label=_("mean of {n}").format(n=SMOOTHING_EPISODES))
    earlier = [curve for curve in plot.earlier if len(curve.steps)]
    traces = [
        *(_usual(plot.usual) if plot.usual is not None else []),
        _points(plot.run),
        *(earlier_line(curve, plot.limit) for curve in earlier),
        *(_thin(curve) for curve in plot.seeds),
        line(mean, palette.THIS_RUN, width=1.5 if plot.seeds else 2.5),
        *(_spread(plot.spread, len(plot.seeds) + 1) if plot.spread is not None else []),
    ]
    if plot.reading is not None:
        traces.append(line(plot.reading, palette.THIS_RUN, width=1.2, dash="dash"))
    if plot.guess is not None:
        traces += guess_region(plot.guess, plot.return_range)
    marks = [*plot.changes, *([plot.solved] if plot.solved is not None else [])]
    figure = framed(_("environment steps"), _("return"), traces)
    layout = figure["layout"]
    layout["shapes"] = [
        horizontal(high),
        *(_vertical(step, palette.THIS_RUN) for step, _text in marks),
    ]
    named = marks[-MOST_MARK_LABELS:]
    layout["annotations"] = [
        *(_annotation(step, text, row) for row, (step, text) in enumerate(named)),
        *end_labels(
            earlier, plot.limit, plot.return_range, 1 if plot.loss is None else 1 - LOSS_SHARE
        ),
    ]
    layout["showlegend"] = True  # earlier runs have labels at their lines, not in the legend
    layout["xaxis"] |= step_axis(plot.limit)
    layout["yaxis"] |= {
        "uirevision": plot.limit,
        "range": with_room(low, high),
        "tickvals": np.linspace(low, high, 6).tolist(),
    }
    if plot.loss is not None:
        _add_loss(figure, plot.loss)
    return figure


def _add_loss(figure: Figure, loss: LossPlot) -> None:
    """Add a plot of the loss below the plot of the returns; the plots share the horizontal axis."""
    figure["data"] += [trace | {"yaxis": "y2"} for trace in _loss_traces(loss, palette.ACTOR)]
    layout = figure["layout"]
    layout["shapes"].append(horizontal(0) | {"yref": "y2"})
    layout["xaxis"] |= {"anchor": "y2"}
    layout["yaxis"] |= {"domain": [LOSS_SHARE, 1]}
    layout["yaxis2"] = {
        "domain": [0, LOSS_SHARE],
        "anchor": "x",
        "uirevision": layout["xaxis"]["uirevision"],
        "title": {"text": _("loss"), "standoff": 4},
        "zeroline": False,
        "range": _loss_range(loss.every.returns),
        "nticks": 3,
    }


def loss_figure(loss: LossPlot, colour: str, limit: float) -> Figure:
    """Return a plot that shows only a loss; its vertical axis has the label of `loss.every`."""
    figure = framed(_("environment steps"), loss.every.label, _loss_traces(loss, colour))
    figure["layout"]["xaxis"] |= step_axis(limit)
    figure["layout"]["yaxis"]["range"] = _loss_range(loss.every.returns)
    figure["layout"]["shapes"] = [horizontal(0)]
    return figure


def _loss_traces(loss: LossPlot, colour: str) -> list[dict[str, Any]]:
    every = loss.every if len(loss.every.steps) else _nothing(loss.every.label)
    if loss.mean is None:
        return [line(every, colour, width=1.5, legend=False)]
    mean = loss.mean if len(loss.mean.steps) else every
    faint = line(every, colour, width=1, legend=False) | {"opacity": 0.4}
    return [faint, line(mean, colour, width=2, legend=False)]


def _loss_range(values: Numbers) -> list[float]:
    return with_room(*calm_limits(values, *([0, 1] if np.isnan(values).all() else [0])))


def _nothing(label: str) -> Curve:
    """Return a curve without a visible point.

    The curve has one value, NaN, because Plotly draws no axis for a trace without values.
    """
    return Curve(np.zeros(1), np.full(1, np.nan), label)


def series_figure(
    steps: Numbers,
    values: Numbers,
    label: str,
    colour: str,
    limit: float,
    most: float | None = None,
) -> Figure:
    """Return a line plot of a quantity that is computed once per update.

    Args:
        steps: [N] environment steps at the updates.
        values: [N] values of the quantity.
        label: label of the vertical axis.
        colour: colour of the line.
        limit: right end of the horizontal axis, in environment steps.
        most: greatest possible value. If `most` is given, the vertical axis begins at 0 and ends a
            little above `most`.
    """
    figure = framed(
        _("environment steps"), label, [line(Curve(steps, values, label), colour, width=1.5)]
    )
    figure["layout"]["xaxis"] |= step_axis(limit)
    figure["layout"]["yaxis"]["range"] = calm_limits(values) if most is None else [0, 1.05 * most]
    return figure


def _points(run: Curve) -> dict[str, Any]:
    drawn = kept_by_place(run.steps, run.returns, MOST_POINTS)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed(run.steps[drawn]),
        "y": packed(run.returns[drawn]),
        "marker": {"color": palette.THIS_RUN, "size": 4.5, "opacity": 0.55},
        "name": _("episode"),
        "hovertemplate": _("step %{x:,.0f}<br>return %{y:.0f}") + "<extra></extra>",
    }


def earlier_line(curve: Curve, limit: float) -> dict[str, Any]:
    """Return the line of an earlier run.

    The horizontal axis ends at step `limit`. At most `POINTS_BEYOND` points of the line are beyond
    this end.
    """
    inside = int(np.searchsorted(curve.steps, limit, side="right"))
    within = Curve(curve.steps[:inside], curve.returns[:inside])
    beyond = Curve(curve.steps[inside:], curve.returns[inside:])
    kept = np.concatenate(
        [
            kept_by_place(within.steps, within.returns, MOST_POINTS // 2),
            inside + kept_by_place(beyond.steps, beyond.returns, POINTS_BEYOND),
        ]
    )
    drawn = Curve(curve.steps[kept], curve.returns[kept], curve.label)
    return line(drawn, palette.EARLIER_RUN, width=2, dash="dot", legend=False)


def _usual(band: UsualBand) -> list[dict[str, Any]]:
    between = area(band, palette.USUAL_BAND)
    median = Curve(band.steps, band.median, _("usual"))
    return [between, line(median, palette.USUAL_LINE, width=1.2)]


def _thin(curve: Curve) -> dict[str, Any]:
    """Return a thin line for one further seed of the current run."""
    label = _("seed {seed}").format(seed=curve.label)
    thin = line(replace(curve, label=label), palette.THIS_RUN, width=1, legend=False)
    return thin | {"opacity": 0.4}


def _spread(band: UsualBand, seeds: int) -> list[dict[str, Any]]:
    """Return the band between the quartiles of all seeds, and the traces of the median line."""
    between = area(band, palette.band_colour(palette.THIS_RUN))
    return [between, *median_lines(band, seeds, palette.THIS_RUN, width=3.5, label=band.label)]


def median_lines(
    band: UsualBand, seeds: int, colour: str, *, width: float, label: str, dash: str = "solid"
) -> list[dict[str, Any]]:
    """Return the line of the median over all seeds, as one or two traces.

    After the first seed has stopped, the line is dotted.
    """
    assert band.seeds is not None
    whole = int(np.count_nonzero(band.seeds == seeds))
    traces = [line(Curve(band.steps[:whole], band.median[:whole], label), colour, width=width)]
    traces[0]["line"]["dash"] = dash
    if whole < len(band.steps):
        rest = slice(max(whole - 1, 0), None)
        left = _("{label}: {n} unfinished").format(label=label, n=int(band.seeds[-1]))
        fewer = Curve(band.steps[rest], band.median[rest], left)
        traces.append(line(fewer, colour, width=width, dash="dot", legend=False))
    return traces


def _vertical(x: float, colour: str) -> dict[str, Any]:
    """Return a dotted vertical line at step `x` through the plots of the returns and the loss."""
    ends = {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    return ends | {"line": {"color": colour, "width": 1, "dash": "dot"}}


def _annotation(x: float, text: str, row: int) -> dict[str, Any]:
    """Return the label of a vertical line. Each label has its own row, so labels do not overlap."""
    place = {"x": x, "y": 1 - 0.1 * row, "yref": "paper", "xanchor": "left", "yanchor": "top"}
    return place | {"text": text, "showarrow": False}
