"""The figures of a ladder, and performance profiles."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from pglab import palette
from pglab.plots.figures import unpacked
from pglab.plots.maps.ladder import AgentRow, EffectRow, Mark, ladder_figure, path_figure
from pglab.plots.maps.profile import Profile, profile_figure


def mark(estimate: float, half: float = 10.0) -> Mark:
    return Mark(estimate, estimate - half, estimate + half, f"about {estimate:g}")


def test_a_row_shows_the_effect_in_both_agents() -> None:
    rows = [
        EffectRow("Steps per update: 16 instead of 1", mark(120.0), mark(90.0, half=40.0)),
        EffectRow("Learning rate of the critic: 0.00025 instead of 0.001", None, mark(-5.0)),
    ]
    figure = ladder_figure(rows, ("A", "B"), margin=25.0)
    go.Figure(figure)
    in_a, in_b = figure["data"]
    assert (in_a["name"], in_b["name"]) == ("in A", "in B")
    assert (in_a["x"], in_b["x"]) == ([120.0], [90.0, -5.0])
    assert [round(y) for y in in_a["y"]] == [0]
    assert [round(y) for y in in_b["y"]] == [0, -1]
    assert in_b["error_x"]["array"] == in_b["error_x"]["arrayminus"] == [40.0, 10.0]
    assert in_a["marker"]["color"] == [palette.SIDES[0]]
    band, zero = figure["layout"]["shapes"]
    assert (band["x0"], band["x1"], zero["x0"]) == (-25.0, 25.0, 0)
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < -25
    assert high > 130
    first, second = (label["text"] for label in figure["layout"]["annotations"])
    assert first == "Steps per update: 16 instead of 1"
    assert second == "Learning rate of the critic: 0.00025 instead<br>of 0.001"


def test_a_ladder_without_results_is_a_figure() -> None:
    figure = ladder_figure([EffectRow("γ: 0.9 instead of 1", None, None)], ("A", "B"), 25.0)
    go.Figure(figure)
    assert figure["layout"]["xaxis"]["range"] == pytest.approx([-26.5, 26.5])


def test_a_path_shows_each_agent_and_each_seed() -> None:
    rows = [
        AgentRow("A: one", mark(20.0), np.array([18.0, 22.0])),
        AgentRow("1. γ: 0.9 instead of 1", mark(100.0), np.array([100.0])),
        AgentRow("B: other", mark(110.0), np.array([105.0, 115.0])),
    ]
    figure = path_figure(rows, (0.0, 500.0))
    go.Figure(figure)
    seeds, marks = figure["data"]
    assert seeds["x"] == [18.0, 22.0, 100.0, 105.0, 115.0]
    assert [round(y) for y in seeds["y"]] == [0, 0, -1, -2, -2]
    assert marks["x"] == [20.0, 100.0, 110.0]
    a, between, b = marks["marker"]["color"]
    assert (a, b) == palette.SIDES[:2]
    assert between not in palette.SIDES
    steps = [(shape["x0"], shape["x1"]) for shape in figure["layout"]["shapes"]]
    assert steps == [(20.0, 100.0), (100.0, 110.0)]


def test_profiles_have_lines_and_bands() -> None:
    thresholds, ones = np.linspace(0, 500, 3), np.ones(3)
    profiles = [Profile("A", ones, 0.7 * ones, ones), Profile("B", 0 * ones, 0 * ones, 0.3 * ones)]
    figure = profile_figure(thresholds, profiles)
    go.Figure(figure)
    first_band, _second_band, first, second = figure["data"]
    assert (first["name"], second["name"]) == ("A", "B")
    assert unpacked(first_band["y"]).tolist() == pytest.approx([1, 1, 1, 0.7, 0.7, 0.7])
    assert unpacked(first["y"]).tolist() == [1, 1, 1]
