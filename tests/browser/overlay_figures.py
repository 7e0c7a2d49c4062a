"""Makes figures that contain every kind of mark that the stage itself draws during a run."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.curves import Curve, UsualBand, smoothed
from pglab.looks.render import Cutout
from pglab.plots.comparison import SideCurves
from pglab.plots.comparison import returns_figure as compared_returns
from pglab.plots.critic import Box, buffer_figure, network_figure, value_figure
from pglab.plots.figures import Figure, packed, weights_figure
from pglab.plots.returns import LossPlot, ReturnPlot, return_figure
from pglab.plots.slow_motion import transitions_figure
from pglab.ui.stage.picture import FigurePanel, Frame, Heading, PlayerPanel, Slices

LIMIT = 2_500  # environment steps
BEFORE, AFTER = 0.6, 0.9  # two moments of a run, as shares of the axis of steps
AXIS = np.linspace(-1, 1, 21)
COLUMN, PLACE = 10, 10.3  # this grid column is moved from place 10 to place 10.3
MOVED = np.where(np.arange(21) == COLUMN, AXIS[0] + 0.1 * PLACE, AXIS)
NO_PATH = np.empty((0, 2))
OTHER_STYLES = {
    ': "dash"': ': "dot"',  # the style of a line
    '"circle"': '"circle-open"',
    '"opacity": 0.55': '"opacity": 0.2',
    palette.LEFT: palette.RIGHT,
    palette.CRITIC: palette.ACTOR,
    str(palette.VALUE_SCALE[2][1]): palette.ACTOR,
    str(palette.AGE_SCALE[0][1]): palette.ACTOR,
    "units": "unitz",
}


def _steps(reached: float, number: int = 60) -> NDArray[np.float64]:
    return np.linspace(20, LIMIT * reached, int(number * reached))


def _wave(steps: NDArray[np.float64], phase: float, height: float = 250) -> NDArray[np.float64]:
    return height * (1 + 0.8 * np.sin(steps / 260 + phase) * steps / LIMIT)


def _panel(key: str, figure: Figure) -> FigurePanel:
    return FigurePanel(key, key, "", figure)


def _band(steps: NDArray[np.float64], phase: float, seeds: int | None = None) -> UsualBand:
    middle = _wave(steps, phase)
    count = None if seeds is None else np.full(len(steps), seeds)
    return UsualBand(steps, middle - 60, middle, middle + 40, "median", count)


def lines(reached: float) -> FigurePanel:
    """The return plot of a comparison: lines of all dash styles, thin lines, and bands."""
    sides = []
    for number, colour in enumerate(palette.SIDES):
        steps = _steps(BEFORE if number == 3 else reached)  # the top line does not grow
        curves = [Curve(steps, _wave(steps, number + seed / 3)) for seed in range(2)]
        sides.append(
            SideCurves(
                f"side {number}",
                colour,
                curves if number == 0 else [],
                Curve(steps, _wave(steps, number)),
                band=_band(steps, number, seeds=2) if number == 0 else None,
                stored=_band(steps, number + 0.2) if number == 1 else None,
            )
        )
    return _panel("lines", compared_returns(sides, LIMIT, (0, 500)))


def returns(reached: float) -> FigurePanel:
    """The return plot of a run: points, lines, marks, an earlier run, and a plot of the loss."""
    steps, updates = _steps(reached, 90), _steps(reached, 40)
    losses = np.where(np.arange(len(updates)) % 9 == 8, np.nan, np.cos(updates / 200))
    old = np.linspace(20, LIMIT, 40)
    run = Curve(steps, _wave(steps, 0) + 60 * np.sin(7 * steps))
    plot = ReturnPlot(
        run,
        replace(run, returns=smoothed(run.returns, 20)),
        [Curve(old, _wave(old, 2.5), "earlier")],
        _band(np.linspace(0, LIMIT, 30), 1),
        LIMIT,
        (0, 500),
        changes=[(700, "γ 0.9")],
        reading=Curve(steps, _wave(steps, 0.5)),
        loss=LossPlot(Curve(updates, losses), Curve(updates, smoothed(losses, 5))),
    )
    panel = _panel("returns", return_figure(plot))
    return replace(panel, lower=Heading("loss", "", ""))


def symbols(reached: float) -> FigurePanel:
    """A plot of points with several symbols and colours, and of dotted vertical lines."""
    places = np.arange(int(60 * reached))
    weights = 10 + 9 * np.sin(places / 5 + reached)
    weights[0], weights[1] = 1, 19
    ends = places % 17 == 16
    actions = places % 3
    figure = weights_figure(weights, actions, ends, ["left", "none", "right"], "weight")
    figure["layout"]["xaxis"]["range"] = [0, 64]
    return _panel("symbols", figure)


def shades(reached: float) -> FigurePanel:
    """A plot of points with colours from a colour scale, and of open circles."""
    turns = np.linspace(0, 9, 80)
    stored = np.stack([np.cos(turns + reached), np.sin(1.3 * turns)], axis=1)
    visited = np.stack([0.8 * np.cos(turns[:30]), np.sin(turns[:30] + reached)], axis=1)
    stored[:2] = [[-1, -1], [1, 1]]
    ages = (np.arange(80) * 12 * reached).astype(np.int64)
    ages[-1] = 1000
    return _panel("shades", buffer_figure(stored, ages, visited, "x", "y"))


def bars(reached: float) -> FigurePanel:
    """A bar chart. Plotly draws the bars, not the stage."""
    places = np.arange(20)
    heights = 1 + np.cos(places / 3 + 3 * reached)
    return _panel("bars", transitions_figure(heights, places % 2, ["left", "right"], 3, "weight"))


def cells(reached: float) -> FigurePanel:
    """A heatmap. The stage draws its cells."""
    x, y = np.meshgrid(MOVED, AXIS)
    values = (np.sin(9 * x + 3 * reached) * np.cos(7 * y)).astype(np.float32)
    values[0, 0], values[-1, -1] = -1, 1
    figure = value_figure(values, AXIS, AXIS, "x", "y", "v", NO_PATH)
    slices = Slices(values[None], ("",), (((COLUMN, PLACE), None),))
    return replace(_panel("cells", figure), slices=slices)


def texts(reached: float) -> FigurePanel:
    """A drawing of a network. The numbers in this drawing change."""
    boxes = [
        Box(0, 0, "4 inputs", None, None),
        Box(1, 0, f"{100 * reached:.0f} units", 987 * reached, 654 * reached),
        Box(2, 0.5, "π · 2", 321 * reached, None),
        Box(2, -0.5, "Q · 2", None, 456 * reached),
    ]
    return _panel("texts", network_figure(boxes, [(0, 1), (1, 2), (1, 3)]))


TRAIL = np.stack([0.8 * np.cos(np.arange(24) / 4), 0.7 * np.sin(np.arange(24) / 2.3)], axis=1)
TRAIL[5] = [1.3, 0]  # this point is outside the axes


def playhead(_reached: float) -> FigurePanel:
    """A heatmap on which the stage draws the player's current observation and path."""
    x, y = np.meshgrid(AXIS, AXIS)
    figure = value_figure(x + y, AXIS, AXIS, "x", "y", "v", NO_PATH)
    return replace(_panel("playhead", figure), playhead="player")


def player(start: float, end: float) -> PlayerPanel:
    """A player panel whose frames have points of `TRAIL` but no pictures."""
    points = TRAIL[int(len(TRAIL) * start) : int(len(TRAIL) * end)]
    frames = tuple(
        Frame(Cutout(b"", 0, 0), (1.0,), 0, (float(x), float(y)), 1, "") for x, y in points
    )
    return PlayerPanel("player", "", "", frames, "stream", 1, 60.0, ("left",), ("#000",), 1.5, b"")


CANVASES = (lines, returns, symbols, shades, cells, playhead)
FIGURES = (*CANVASES, bars, texts)


def panels(reached: float, *, since: float = 0.0) -> list[PlayerPanel | FigurePanel]:
    """All figures at the moment `reached`, and a player with the frames since `since`."""
    return [*figures(reached), player(since, reached)]


def figures(reached: float) -> list[FigurePanel]:
    """All figures at the moment `reached`."""
    return [draw(reached) for draw in FIGURES]


def without_overlay(panel: FigurePanel) -> FigurePanel:
    """The figure without the cells, the ring and the path that only the stage can draw."""
    return replace(panel, slices=None, playhead=None)


def for_plotly(panel: FigurePanel) -> FigurePanel:
    """The figure for Plotly alone. Plotly's traces replace the marks that the stage would draw."""
    data = panel.figure["data"]
    if panel.slices is not None:
        data = [data[0] | {"x": packed(MOVED), "zsmooth": "best"}, *data[1:]]
    if panel.playhead is not None:
        data = [*data, *_trail_and_ring(TRAIL[: int(len(TRAIL) * AFTER)])]
    return without_overlay(replace(panel, figure={**panel.figure, "data": data}))


def _trail_and_ring(points: NDArray[np.float64]) -> list[Figure]:
    x, y = points[(np.abs(points) <= 1).all(axis=1)].T
    way = {
        "type": "scatter",
        "mode": "lines",
        "x": packed(x),
        "y": packed(y),
        "line": {"color": palette.PATH, "width": 1.5},
    }
    place = way | {"mode": "markers", "x": packed(x[-1:]), "y": packed(y[-1:])}
    marker = {"symbol": "circle-open", "size": 13}
    rings = [
        place | {"marker": marker | {"color": colour, "line": {"width": width}}}
        for colour, width in (("#111", 7), ("#fff", 3))
    ]
    return [way, *rings]


def in_another_style(panel: FigurePanel) -> FigurePanel:
    """The same figure, but with other line styles, symbols, colours and texts."""
    text = json.dumps(panel.figure)
    for given, other in OTHER_STYLES.items():
        text = text.replace(given, other)
    return replace(panel, figure=json.loads(text))
