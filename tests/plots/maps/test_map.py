"""The figures of a map."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from pglab.curves import Curve
from pglab.plots.maps.map import MapAxis, MapCell, cell_figure, curve_figure, heatmap_figure

NAN = float("nan")


def cell(estimate: float, *values: float, half: float = 1.0) -> MapCell:
    return MapCell(
        estimate, estimate - half, estimate + half, np.array(values), f"about {estimate}"
    )


UNKNOWN = MapCell(NAN, NAN, NAN, np.array([]), "not trained yet")


def test_a_curve_shows_each_seed_and_each_interval() -> None:
    cells = [cell(5.0, 4.0, 6.0), UNKNOWN, cell(9.0, 9.0)]
    figure = curve_figure(MapAxis("γ", ["0", "0.5", "1"]), cells, "return", here=2, chosen=0)
    go.Figure(figure)
    seeds, means = figure["data"]
    assert seeds["y"] == [4.0, 6.0, 9.0]
    assert [round(x) for x in seeds["x"]] == seeds["customdata"] == [0, 0, 2]
    assert means["y"] == [5.0, None, 9.0]
    assert means["error_y"]["array"] == means["error_y"]["arrayminus"] == [1.0, None, 1.0]
    assert figure["layout"]["shapes"][0]["x0"] == figure["layout"]["annotations"][0]["x"] == 2
    assert figure["layout"]["xaxis"]["ticktext"] == ["0", "0.5", "1"]


def test_a_heatmap_shows_wide_intervals_as_large_dots() -> None:
    rows = [[cell(1.0, half=2.0), UNKNOWN], [cell(3.0, half=1.0), cell(4.0, half=0.0)]]
    axes = MapAxis("γ", ["0", "1"]), MapAxis("α", ["0.1", "0.2"])
    figure = heatmap_figure(*axes, rows, "return", here=(1, 0), chosen=(0, 1), reverse=True)
    go.Figure(figure)
    heatmap, dots, targets = figure["data"]
    assert targets["customdata"] == [0, 1, 2, 3]
    assert targets["text"] == ["about 1.0", "about 3.0", "not trained yet", "about 4.0"]
    assert heatmap["z"] == [[1.0, None], [3.0, 4.0]]
    assert heatmap["reversescale"]
    assert list(zip(dots["x"], dots["y"], strict=True)) == [(0, 0), (0, 1), (1, 1)]
    first, second, third = dots["marker"]["size"]
    assert first == pytest.approx(2 * second)
    assert third == 3.0
    chosen, here = figure["layout"]["shapes"]
    assert (chosen["x0"], chosen["y0"]) == pytest.approx((1 - 0.48, -0.46))
    assert (here["x0"], here["y0"]) == pytest.approx((-0.48, 1 - 0.46))


def test_figures_without_results() -> None:
    empty = [[UNKNOWN] * 2] * 2
    axis = MapAxis("γ", ["0", "1"])
    go.Figure(heatmap_figure(axis, axis, empty, "return", None, None, reverse=False))
    go.Figure(curve_figure(axis, empty[0], "return", None, None))
    go.Figure(cell_figure([], 1_000, (0.0, 500.0)))


def test_the_curves_of_a_cell() -> None:
    curves = [Curve(np.array([10.0, 20.0]), np.array([1.0, math.pi]), f"seed {n}") for n in (0, 1)]
    figure = cell_figure(curves, 1_000, (0.0, 500.0))
    go.Figure(figure)
    assert [trace["name"] for trace in figure["data"]] == ["seed 0", "seed 1"]
