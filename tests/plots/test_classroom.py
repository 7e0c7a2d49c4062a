"""The figures of what a class has trained."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from pglab.config import ReinforceConfig, settings_of
from pglab.curves import Curve, UsualBand
from pglab.plots.classroom import Try, class_map_figure, class_runs_figure
from pglab.plots.figures import Figure, unpacked

SETTINGS = settings_of(ReinforceConfig)
RETURNS = (0.0, 500.0)


def test_the_legend_names_the_band_the_runs_and_the_median() -> None:
    steps = np.array([0.0, 100.0])
    curves = [Curve(steps, steps, str(seed)) for seed in range(3)]
    band = UsualBand(steps, steps, steps, steps, "")
    figure = class_runs_figure(curves, band, 100, RETURNS)
    go.Figure(figure)
    named = [trace["name"] for trace in figure["data"] if trace["showlegend"]]
    assert named == ["middle half", "one run", "median"]
    assert len(figure["data"]) == 5
    alone = class_runs_figure(curves[:1], None, 100, RETURNS)["data"]
    assert [trace["name"] for trace in alone if trace["showlegend"]] == ["one run"]


def over_rate(*tries: Try) -> Figure:
    figure = class_map_figure(tries, SETTINGS["learning_rate"], (1e-4, 0.1), RETURNS)
    go.Figure(figure)
    return figure


def test_each_run_is_one_point_at_its_value() -> None:
    figure = over_rate(Try(0.001, 80.0, True), Try(0.01, 300.0, True), Try(0.01, 20.0, False))
    done, training = figure["data"]
    assert (done["x"], done["y"]) == ([0.001, 0.01], [80.0, 300.0])
    assert (training["x"], training["y"]) == ([0.01], [20.0])
    assert done["marker"]["symbol"] != training["marker"]["symbol"]


def test_medians_join_values_that_several_have_tried() -> None:
    ends = {0.001: [10.0, 30.0, 80.0], 0.01: [200.0, 300.0], 0.1: [9.0]}
    tries = [Try(value, end, True) for value, of_value in ends.items() for end in of_value]
    *_points, medians = over_rate(*reversed(tries), Try(0.1, 400.0, False))["data"]
    assert unpacked(medians["x"]).tolist() == pytest.approx([0.001, 0.01, 0.1])
    assert unpacked(medians["y"]).tolist() == [30.0, 250.0, 9.0]
    assert len(over_rate(*tries[:4])["data"]) == 1


def test_the_axis_is_that_of_the_setting() -> None:
    rate = over_rate()["layout"]["xaxis"]
    assert rate["type"] == "log"
    assert rate["range"][0] < -4 < math.log10(0.1) < rate["range"][1]
    assert rate["tickvals"] == [0.0001, 0.001, 0.01, 0.1]
    gamma = class_map_figure([], SETTINGS["gamma"], (0.0, 0.99), RETURNS)["layout"]["xaxis"]
    assert "type" not in gamma
    assert gamma["range"][0] < 0 < 0.99 < gamma["range"][1]
