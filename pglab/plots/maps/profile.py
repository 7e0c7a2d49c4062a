"""The performance profiles of agents: the share of seeds above each return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pglab import palette
from pglab.curves import Curve, UsualBand
from pglab.language import _
from pglab.plots.comparison import DASHES
from pglab.plots.figures import Figure, Numbers, area, framed, line


@dataclass(frozen=True)
class Profile:
    """The share of an agent's seeds above each threshold, and the band of these shares: [T]."""

    name: str
    shares: Numbers
    low: Numbers
    high: Numbers


def profile_figure(thresholds: Numbers, profiles: Sequence[Profile]) -> Figure:
    """Return a figure of performance profiles over T thresholds; higher curves are better."""
    traces = [
        area(UsualBand(thresholds, p.low, p.shares, p.high, ""), palette.band_colour(colour))
        for p, colour in zip(profiles, palette.SIDES, strict=False)
    ]
    for profile, colour, dash in zip(profiles, palette.SIDES, DASHES, strict=False):
        curve = Curve(thresholds, profile.shares, profile.name)
        traces.append(line(curve, colour, width=2.5, dash=dash))
    figure = framed(_("return of the last tenth"), _("share of seeds above it"), traces)
    figure["layout"]["xaxis"]["range"] = [float(thresholds[0]), float(thresholds[-1])]
    figure["layout"]["yaxis"] |= {"range": [-0.03, 1.05], "tickformat": ".0%"}
    figure["layout"]["margin"] = {"l": 64, "r": 12, "t": 30, "b": 44}
    figure["layout"]["showlegend"] = True
    return figure
