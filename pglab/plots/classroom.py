"""Figures of the sketches and the runs of a class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pglab import palette
from pglab.config import Setting
from pglab.curves import Curve, UsualBand
from pglab.language import _
from pglab.plots.figures import Figure, area, framed, line, step_axis, with_room

MOST_TICKS = 4  # of the axis of a setting
_AT_VALUE = "%{x:~g}: %{y:.3~g}<extra></extra>"


def sketches_figure(
    band: UsualBand | None, usual: UsualBand | None, return_range: tuple[float, float]
) -> Figure:
    """Return a figure of the curves that members of the class have sketched.

    Args:
        band: median and quartiles of the sketches; None if there are no sketches.
        usual: the band of the stored runs of many seeds; None if it is not shown.
        return_range: least and greatest return of an episode.
    """
    traces = []
    if usual is not None:
        traces += [area(usual, palette.USUAL_BAND)]
        traces += [line(Curve(usual.steps, usual.median, usual.label), palette.USUAL_LINE, width=2)]
    if band is not None:
        traces += [area(band, palette.band_colour(palette.GUESS))]
        middle = Curve(band.steps, band.median, _("the class (median and middle half)"))
        traces += [line(middle, palette.GUESS, width=3)]
    ends = [float(shown.steps[-1]) for shown in (band, usual) if shown is not None]
    return _over_steps(traces, min(ends, default=1.0), return_range)


def class_runs_figure(
    curves: Sequence[Curve], band: UsualBand | None, steps: int, return_range: tuple[float, float]
) -> Figure:
    """Return a figure of the runs of all members, with their median and their middle half.

    Args:
        curves: the smoothed returns of each member's run.
        band: median and quartiles of these curves; None while there are too few returns.
        steps: the number of environment steps of each run.
        return_range: least and greatest return of an episode.
    """
    traces = []
    if band is not None:
        named = {"name": _("middle half"), "showlegend": True}
        traces.append(area(band, palette.band_colour(palette.THIS_RUN)) | named)
    # A few runs without a median must be seen from the last row.
    width, opacity = (2, 0.9) if band is None else (1, 0.45)
    single = {"opacity": opacity, "name": _("one run"), "legendgroup": "runs"}  # one entry for all
    for number, curve in enumerate(curves):
        traces.append(line(curve, palette.THIS_RUN, width=width, legend=number == 0) | single)
    if band is not None:
        middle = Curve(band.steps, band.median, _("median"))
        traces.append(line(middle, palette.THIS_RUN, width=3))
    return _over_steps(traces, float(steps), return_range)


@dataclass(frozen=True)
class Try:
    """A run of the class: the chosen value of the setting, and the last smoothed return."""

    value: float
    end: float
    ended: bool  # False while the run still trains


def class_map_figure(
    tries: Sequence[Try],
    setting: Setting,
    limits: tuple[float, float],
    return_range: tuple[float, float],
) -> Figure:
    """Return a figure with one point for each run of the class, over the chosen value.

    If at least two values have several ended runs each, a line joins the medians of all values.

    Args:
        tries: the runs.
        setting: the setting whose value the members choose. The axis has the scale of this setting.
        limits: least and greatest value that the members may choose.
        return_range: least and greatest return of an episode.
    """
    done = [run for run in tries if run.ended]
    still = [run for run in tries if not run.ended]
    traces = [_points(done, _("one run"), "circle")]  # without a trace, there would be no axes
    if still:
        traces.append(_points(still, _("still training"), "circle-open"))
    medians = _medians(done)
    if medians is not None:
        traces.append(line(medians, palette.THIS_RUN, width=3) | {"hovertemplate": _AT_VALUE})
    figure = framed(_(setting.label), _("mean return at the end"), traces)
    figure["layout"]["showlegend"] = True
    axis = figure["layout"]["xaxis"]
    axis |= {"range": with_room(*limits), "nticks": MOST_TICKS}
    if setting.scale == "log":
        axis |= {"type": "log", "range": with_room(*(math.log10(limit) for limit in limits))}
        axis |= {"tickvals": _ticks(setting, *limits), "tickformat": "~g"}
    figure["layout"]["yaxis"]["range"] = with_room(*return_range)
    return figure


def _ticks(setting: Setting, low: float, high: float) -> list[float]:
    """A few of the values that members may choose; with more values, the labels would overlap."""
    values = sorted({low, *(stop for stop in setting.stops if low <= stop <= high), high})
    return values[:: math.ceil(len(values) / MOST_TICKS)]


def _points(tries: Sequence[Try], name: str, symbol: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [run.value for run in tries],
        "y": [run.end for run in tries],
        "marker": {"color": palette.THIS_RUN, "size": 11, "opacity": 0.7, "symbol": symbol},
        "name": name,
        "hovertemplate": _AT_VALUE,
    }


def _medians(tries: Sequence[Try]) -> Curve | None:
    """The median return at each value; None if fewer than two values have several runs."""
    ends: dict[float, list[float]] = {}
    for run in tries:
        ends.setdefault(run.value, []).append(run.end)
    if sum(len(of_value) > 1 for of_value in ends.values()) < 2:
        return None
    values = sorted(ends)
    medians = [float(np.median(ends[value])) for value in values]
    return Curve(np.array(values, float), np.array(medians), _("median"))


def _over_steps(traces: list[Figure], steps: float, return_range: tuple[float, float]) -> Figure:
    # Without a trace, there would be no axes.
    shown = traces or [{"type": "scatter", "x": [], "y": []}]
    figure = framed(_("environment steps"), _("mean return"), shown)
    figure["layout"]["showlegend"] = True
    figure["layout"]["xaxis"] |= step_axis(steps)
    figure["layout"]["yaxis"]["range"] = with_room(*return_range)
    return figure
