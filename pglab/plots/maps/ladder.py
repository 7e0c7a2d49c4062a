"""The figures of a ladder: the effects of the differences, and the path from A to B."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap
from typing import Any

import numpy as np

from pglab import palette
from pglab.language import _
from pglab.plots.figures import Figure, Numbers, framed, vertical

ROW_HEIGHT, AROUND = 78, 96  # pixels; the legend and the axis take the room around the rows
LONGEST_LINE = 46  # characters of a row's label, so that it fits on a phone
LABEL, FIRST, SECOND = 0.46, -0.04, -0.26  # heights within a row, whose middle is 0
SYMBOLS = ("circle", "diamond")


@dataclass(frozen=True)
class Mark:
    """A number with its interval, and a text in HTML about this number."""

    estimate: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class EffectRow:
    """The effects of one difference, in A and in B; an unknown effect is None."""

    label: str
    in_a: Mark | None
    in_b: Mark | None


@dataclass(frozen=True)
class AgentRow:
    """The result of one agent of a path, and the results of its seeds."""

    label: str
    mark: Mark
    seeds: Numbers


def ladder_figure(rows: Sequence[EffectRow], names: tuple[str, str], margin: float) -> Figure:
    """Return a figure with one row for each difference; the first difference is at the top.

    Args:
        rows: the differences with their effects.
        names: the names of the two agents in which each difference was tried.
        margin: changes within ± `margin` are too small to matter.
    """
    of_agents = ([row.in_a for row in rows], [row.in_b for row in rows])
    traces = [
        _marks(marks, place, [colour] * len(rows), symbol)
        | {"name": _("in {agent}").format(agent=name), "showlegend": True}
        for marks, name, place, colour, symbol in zip(
            of_agents, names, (FIRST, SECOND), palette.SIDES, SYMBOLS, strict=False
        )
    ]
    ends = [end for marks in of_agents for m in marks if m is not None for end in (m.low, m.high)]
    figure = _in_rows(_("change of the return"), traces, [row.label for row in rows])
    figure["layout"]["xaxis"]["range"] = _with_margin([*ends, -margin, margin])
    figure["layout"]["shapes"] = [_band(margin), _zero()]
    figure["layout"]["showlegend"] = True
    return figure


def path_figure(rows: Sequence[AgentRow], return_range: tuple[float, float]) -> Figure:
    """Return a figure with one row for each agent of a path; A is at the top, B at the bottom.

    Each small dot is one seed. `return_range` contains the lowest and the highest return.
    """
    between = [palette.EARLIER_RUN] * (len(rows) - 2)
    colours = [palette.SIDES[0], *between, palette.SIDES[1]]
    marks = _marks([row.mark for row in rows], FIRST, colours, SYMBOLS[0])
    seeds = {
        "type": "scatter",
        "mode": "markers",
        "x": [float(value) for row in rows for value in row.seeds],
        "y": [SECOND - place for place, row in enumerate(rows) for _value in row.seeds],
        "marker": {"color": palette.EARLIER_RUN, "size": 7, "opacity": 0.5},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    figure = _in_rows(_("return of the last tenth"), [seeds, marks], [row.label for row in rows])
    figure["layout"]["xaxis"]["range"] = _with_margin(return_range)
    middles = [row.mark.estimate for row in rows]
    figure["layout"]["shapes"] = [
        _step(place, old, new) for place, (old, new) in enumerate(pairwise(middles))
    ]
    return figure


def _marks(
    marks: Sequence[Mark | None], height: float, colours: Sequence[str], symbol: str
) -> dict[str, Any]:
    known = [(place, mark) for place, mark in enumerate(marks) if mark is not None]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [mark.estimate for _place, mark in known],
        "y": [height - place for place, _mark in known],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [mark.high - mark.estimate for _place, mark in known],
            "arrayminus": [mark.estimate - mark.low for _place, mark in known],
            "color": colours[0] if len(set(colours)) == 1 else palette.EARLIER_RUN,
            "thickness": 2,
            "width": 4,
        },
        "marker": {
            "color": [colours[place] for place, _mark in known],
            "size": 10,
            "symbol": symbol,
        },
        "text": [mark.text for _place, mark in known],
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
    }


def _in_rows(label: str, traces: list[dict[str, Any]], rows: Sequence[str]) -> Figure:
    """Return a figure with a label at the top left of each row."""
    figure = framed(label, "", traces)
    figure["layout"]["yaxis"] = {
        "range": [-len(rows) + 0.55, 0.55],
        "showticklabels": False,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    figure["layout"]["annotations"] = [
        {
            "xref": "paper",
            "x": 0,
            "xanchor": "left",
            "y": LABEL - place,
            "yanchor": "top",
            "align": "left",
            "text": "<br>".join(wrap(row, LONGEST_LINE)),
            "showarrow": False,
        }
        for place, row in enumerate(rows)
    ]
    figure["layout"]["margin"] = {"l": 8, "r": 8, "t": 36, "b": 44}
    figure["layout"]["height"] = AROUND + ROW_HEIGHT * len(rows)
    return figure


def _with_margin(ends: Sequence[float]) -> list[float]:
    """The range of an axis that contains all `ends`, with a little room at both ends."""
    known = np.array(ends)[np.isfinite(ends)]
    low, high = float(known.min()), float(known.max())
    room = 0.03 * (high - low)
    return [low - room, high + room]


def _band(margin: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": -margin,
        "x1": margin,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": palette.USUAL_BAND,
    }


def _zero() -> dict[str, Any]:
    return vertical(0) | {"layer": "below"}


def _step(place: int, old: float, new: float) -> dict[str, Any]:
    """Return a line from the mark of one row to the mark of the row below it."""
    ends = {"x0": old, "y0": FIRST - place, "x1": new, "y1": FIRST - place - 1}
    style = {"color": palette.EARLIER_RUN, "width": 1, "dash": "dot"}
    return {"type": "line", "layer": "below", **ends, "line": style}
