"""Pictures of agents side by side: arrays in, plotly figures out, as in `plots`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pglab.critic_plots import SMOOTHING_UPDATES
from pglab.language import _
from pglab.plots import Curve, Figure, Numbers, framed, horizontal, line, smoothed

DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class SideCurves:
    """The curves of one side: smoothed returns of each seed and their mean."""

    name: str
    colour: str
    seeds: Sequence[Curve]
    mean: Curve


def returns_figure(
    sides: Sequence[SideCurves], steps: float, return_range: tuple[float, float]
) -> Figure:
    """Smoothed returns of all seeds, thin, and their mean per side, thick, on shared axes.

    Args:
        sides: in the order of the letters.
        steps: right end of the horizontal axis, in environment steps.
        return_range: least and greatest return of an episode.
    """
    low, high = return_range
    traces = []
    for side, dash in zip(sides, DASHES, strict=False):
        if len(side.seeds) > 1:
            for seed in side.seeds:
                thin = line(seed, side.colour, width=1, legend=False)
                traces.append(thin | {"opacity": 0.45})
        mean = Curve(side.mean.steps, side.mean.returns, side.name)
        traces.append(line(mean, side.colour, width=3, dash=dash))
    figure = framed(_("environment steps"), _("mean of 20 returns"), traces)
    span = high - low
    figure["layout"]["xaxis"] |= {"range": [0, steps], "tickformat": "~s"}
    figure["layout"]["yaxis"]["range"] = [low - 0.03 * span, high + 0.08 * span]
    figure["layout"]["shapes"] = [horizontal(high)]
    figure["layout"]["showlegend"] = True
    return figure


def updates_figure(
    sides: Sequence[tuple[str, str, Numbers, Numbers]],
    steps: float,
    label: str,
    value_range: tuple[float, float],
) -> Figure:
    """One number per update of every side that has it, smoothed over updates.

    Args:
        sides: name, colour, steps [N] and values [N] of each side, NaN where there is none.
        steps: right end of the horizontal axis, in environment steps.
        label: of the vertical axis.
        value_range: of the vertical axis.
    """
    traces = []
    for (name, colour, at, values), dash in zip(sides, DASHES, strict=False):
        known = ~np.isnan(values)
        mean = Curve(at[known], smoothed(values[known], SMOOTHING_UPDATES), name)
        traces.append(line(mean, colour, width=2.5, dash=dash))
    low, high = value_range
    room = 0.05 * (high - low)
    figure = framed(_("environment steps"), label, traces)
    figure["layout"]["xaxis"] |= {"range": [0, steps], "tickformat": "~s"}
    figure["layout"]["yaxis"]["range"] = [low - room, high + room]
    figure["layout"]["shapes"] = [horizontal(0)]
    figure["layout"]["showlegend"] = True
    return figure
