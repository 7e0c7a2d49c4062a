"""The figures of a map: a curve over one setting, a heatmap over two settings, a cell's curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pglab import palette
from pglab.curves import Curve
from pglab.language import _
from pglab.plots.figures import Figure, Numbers, framed, line, step_axis, vertical, with_room

JITTER = 0.3  # width over which the seeds of a value are spread, in distances between two values
SMALLEST_DOT, LARGEST_DOT = 3, 22  # pixels; the largest dot has the widest interval
LIGHT_RINGS = 0.4  # the place on the colour scale from which rings are light
TARGET = 56  # pixels
EMPTY = {"showticklabels": False, "showgrid": False}  # an axis without numbers
MARGIN = {"l": 64, "r": 8, "t": 24, "b": 44}


@dataclass(frozen=True)
class MapAxis:
    """The name of a setting, and its values as texts."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True)
class MapCell:
    """The data of a cell in a figure: the estimate, its interval, the seeds' values, and a text."""

    estimate: float
    low: float
    high: float
    values: Numbers
    text: str  # shown beside the pointer, as HTML


def curve_figure(
    axis: MapAxis, cells: Sequence[MapCell], measured: str, here: int | None, chosen: int | None
) -> Figure:
    """Return a curve over the values of one setting.

    Args:
        axis: the setting and its V values.
        cells: [V] the cells, in the order of the values.
        measured: the name of the measure, with its unit.
        here: the index of the cell with the visitor's own settings; None if there is no such cell.
        chosen: the index of the cell whose learning curves are shown; None if no cell is chosen.
    """
    places = np.arange(len(cells))
    estimates = np.array([cell.estimate for cell in cells])
    # A seed that is alone at its value stands in the middle.
    spread = [np.linspace(-JITTER / 2, JITTER / 2, len(c.values) + 2)[1:-1] for c in cells]
    seeds = {
        "type": "scatter",
        "mode": "markers",
        "x": [float(p + s) for p, spots in zip(places, spread, strict=True) for s in spots],
        "y": [float(value) for cell in cells for value in cell.values],
        "customdata": [int(p) for p, c in zip(places, cells, strict=True) for _v in c.values],
        "marker": {"color": palette.EARLIER_RUN, "size": 6, "opacity": 0.6},
        "hoverinfo": "skip",
        "name": _("one seed"),
    }
    means = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": places.tolist(),
        "y": _known(estimates),
        "customdata": places.tolist(),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": _known(np.array([cell.high - cell.estimate for cell in cells])),
            "arrayminus": _known(np.array([cell.estimate - cell.low for cell in cells])),
            "color": palette.THIS_RUN,
            "thickness": 2,
            "width": 5,
        },
        "line": {"color": palette.THIS_RUN, "width": 2},
        "marker": {"color": palette.THIS_RUN, "size": [_size(int(n), chosen) for n in places]},
        "text": [cell.text for cell in cells],
        "hovertemplate": "%{text}<extra></extra>",
        "name": measured,
    }
    figure = framed(axis.name, measured, [seeds, means])
    figure["layout"]["xaxis"] |= _ticks(axis)
    figure["layout"]["margin"] = MARGIN
    if not np.isfinite(estimates).any():
        figure["layout"]["yaxis"] |= EMPTY
    if here is not None:
        figure["layout"]["shapes"] = [_line_at(here)]
        figure["layout"]["annotations"] = [_you_are_here(here)]
    return figure


def heatmap_figure(
    across: MapAxis,
    up: MapAxis,
    cells: Sequence[Sequence[MapCell]],
    measured: str,
    here: tuple[int, int] | None,
    chosen: tuple[int, int] | None,
    reverse: bool,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Return a heatmap over two settings; a larger ring marks a wider interval.

    Args:
        across: the setting of the horizontal axis, with X values.
        up: the setting of the vertical axis, with Y values.
        cells: [Y][X] the cells.
        measured: the name of the measure, with its unit.
        here: row and column of the cell with the visitor's own settings; None if there is no such
            cell.
        chosen: row and column of the cell whose learning curves are shown; None if no cell is
            chosen.
        reverse: True if a low number is a good result.
        limits: the numbers at the ends of the colour scale; None if the estimates determine them.
    """
    estimates = np.array([[cell.estimate for cell in row] for row in cells])
    widths = np.array([[cell.high - cell.low for cell in row] for row in cells])
    heatmap = {
        "type": "heatmap",
        "z": [_known(row) for row in estimates],
        "hoverinfo": "skip",
        "colorscale": palette.MAP_SCALE,
        "reversescale": reverse,
        "colorbar": {"title": {"text": measured, "side": "right"}, "thickness": 14},
        "xgap": 2,
        "ygap": 2,
    }
    shades = _shades(estimates, limits, reverse=reverse)
    if limits is not None:
        heatmap |= {"zmin": limits[0], "zmax": limits[1]}
    figure = framed(across.name, up.name, [heatmap, _dots(widths, shades), _targets(cells)])
    figure["layout"]["xaxis"] |= _ticks(across)
    figure["layout"]["yaxis"] |= _ticks(up)
    figure["layout"]["margin"] = MARGIN
    figure["layout"]["shapes"] = [
        _frame(place, dash) for place, dash in ((chosen, "solid"), (here, "dot")) if place
    ]
    if here is not None:
        figure["layout"]["annotations"] = [_you_are_here(here[1], here[0])]
    return figure


def cell_figure(curves: Sequence[Curve], steps: int, return_range: tuple[float, float]) -> Figure:
    """Return a figure of the learning curves of a cell's seeds.

    `steps` is the length of each run; all cells of a map have the same axes.
    """
    traces = [
        line(curve, palette.THIS_RUN, width=1.2) | {"opacity": 0.55, "connectgaps": True}
        for curve in curves
    ]
    empty = {"type": "scatter", "mode": "lines", "x": [0], "y": [0]}  # Plotly needs a trace
    figure = framed(_("environment steps"), _("mean return"), traces or [empty])
    figure["layout"]["yaxis"] |= {"range": with_room(*return_range)}
    figure["layout"]["xaxis"] |= step_axis(steps * 1.01)
    figure["layout"]["margin"] = MARGIN
    return figure


def _shades(estimates: Numbers, limits: tuple[float, float] | None, *, reverse: bool) -> Numbers:
    """Return the place of each number on the colour scale, from 0 (light) to 1 (dark)."""
    known = estimates[np.isfinite(estimates)]
    low, high = limits or (known.min(initial=np.inf), known.max(initial=-np.inf))
    places = (estimates - low) / max(high - low, 1e-9)
    return 1 - places if reverse else places


def _dots(widths: Numbers, shades: Numbers) -> dict[str, Any]:
    """Return rings that show the widths of the intervals; on dark cells, the rings are light."""
    rows, columns = np.nonzero(np.isfinite(widths))
    widest = max(float(widths[rows, columns].max(initial=0.0)), 1e-9)
    sizes = np.maximum(SMALLEST_DOT, LARGEST_DOT * widths[rows, columns] / widest)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": columns.tolist(),
        "y": rows.tolist(),
        "marker": {
            "color": "rgba(0,0,0,0)",
            "size": sizes.tolist(),
            "line": {
                "color": [
                    palette.NEUTRAL if shade > LIGHT_RINGS else palette.PATH
                    for shade in shades[rows, columns]
                ],
                "width": 1.5,
            },
        },
        "hoverinfo": "skip",
    }


def _targets(cells: Sequence[Sequence[MapCell]]) -> dict[str, Any]:
    """Return invisible points for clicks, because Plotly cannot select the cells of a heatmap.

    `customdata` is the index of each cell; the cells are counted column by column.
    """
    places = [(column, row) for column in range(len(cells[0])) for row in range(len(cells))]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [column for column, _row in places],
        "y": [row for _column, row in places],
        "customdata": list(range(len(places))),
        "marker": {"color": "rgba(0,0,0,0)", "size": TARGET},
        "text": [cells[row][column].text for column, row in places],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _ticks(axis: MapAxis) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(axis.values))),
        "ticktext": list(axis.values),
        "range": [-0.5, len(axis.values) - 0.5],
        "showgrid": False,
    }


def _known(numbers: Numbers) -> list[float | None]:
    """Replace NaN and infinite numbers with None, because JSON has no such numbers."""
    return [float(number) if np.isfinite(number) else None for number in numbers]


def _size(place: int, chosen: int | None) -> int:
    return 13 if place == chosen else 8


def _frame(place: tuple[int, int], dash: str) -> dict[str, Any]:
    row, column = place
    return {
        "type": "rect",
        "x0": column - 0.48,
        "x1": column + 0.48,
        "y0": row - 0.46,
        "y1": row + 0.46,
        "line": {"color": palette.RIGHT, "width": 3, "dash": dash},
    }


def _line_at(place: int) -> dict[str, Any]:
    line_style = {"color": palette.RIGHT, "width": 2, "dash": "dot"}
    return vertical(place) | {"layer": "below", "line": line_style}


def _you_are_here(x: int, y: int | None = None) -> dict[str, Any]:
    """Return the label of the visitor's settings: above a line, or at the top of a cell."""
    place: dict[str, Any] = {"y": 1, "yref": "paper", "yanchor": "bottom"}
    if y is not None:
        place = {"y": y + 0.3, "bgcolor": palette.RIGHT, "font": {"color": palette.PATH}}
    return {"x": x, "text": _("here"), "showarrow": False, **place}
