"""The figure with an experiment's result and the region of the guess."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from pglab.curves import Curve, GuessRegion
from pglab.plots.experiment import experiment_figure, stretches
from pglab.plots.figures import Figure, guess_region, unpacked, with_room

BELOW_40 = GuessRegion(66.0, 100.0, -math.inf, 40.0)


def figure(changed: np.ndarray, guess: GuessRegion | None = BELOW_40) -> Figure:
    run = Curve(np.array([10.0]), np.array([30.0]), "this run")
    reached = Curve(np.array([66.0, 100.0]), np.array([33.0, 33.0]), "reached")
    usual = [np.array([21.0, 50.0])] * 2
    return experiment_figure(guess, run, reached, list(changed), usual, 100, (0.0, 500.0))


def test_plotly_accepts_it_and_every_seed_is_a_line() -> None:
    drawn = figure(np.array([[9.0, 8.0], [np.nan, 7.0], [np.nan, np.nan]]))
    go.Figure(drawn)
    lines = [(unpacked(t["x"]).tolist(), unpacked(t["y"]).tolist()) for t in drawn["data"]]
    assert lines[2:5] == [([25, 75], [9, 8]), ([75], [7]), ([], [])], "NaN must be left out"
    shown = [trace["name"] for trace in drawn["data"] if trace["showlegend"]]
    assert shown == [
        "usual settings, 2 seeds",
        "these settings, 3 seeds",
        "your guess",
        "this run",
        "reached",
    ]
    names = {trace["name"] for trace in figure(np.array([[9.0, 8.0]]))["data"]}
    assert "these settings, 1 seed" in names


def test_the_axis_shows_what_there_is() -> None:
    low, high = figure(np.array([[9.0, 8.0]]))["layout"]["yaxis"]["range"]
    assert low < 0
    assert 50 < high < 100
    _low, high = figure(np.array([[9.0, 500.0]]))["layout"]["yaxis"]["range"]
    assert high > 500


def test_a_guess_about_something_else_is_not_drawn() -> None:
    names = [trace["name"] for trace in figure(np.array([[9.0, 8.0]]), None)["data"]]
    assert not any("guess" in name for name in names)


@pytest.mark.parametrize(
    ("low", "high", "bounds"),
    [(50.0, math.inf, [50]), (-math.inf, 12.0, [12]), (30.0, 65.0, [30, 65])],
)
def test_a_region_lies_between_the_bounds_of_the_guess(
    low: float, high: float, bounds: list[float]
) -> None:
    filled, *edges = guess_region(GuessRegion(8_000, 12_000, low, high), (0.0, 500.0))
    bottom, top = with_room(0.0, 500.0)
    assert set(unpacked(filled["x"]).tolist()) == {8_000, 12_000}
    heights = unpacked(filled["y"])
    assert heights.min() == pytest.approx(max(low, bottom))
    assert heights.max() == pytest.approx(min(high, top)), "must reach the end of the axis"
    assert [unpacked(edge["y"]).tolist() for edge in edges] == [[b, b] for b in bounds]
    assert filled["name"] == "your guess"


def test_stretches_lie_at_their_middles() -> None:
    curve = stretches(np.array([1.0, np.nan, 3.0, 4.0]), 400, "")
    assert curve.steps.tolist() == [50, 250, 350]
    assert curve.returns.tolist() == [1, 3, 4]
