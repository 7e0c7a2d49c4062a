"""The picture of an experiment's result."""

import numpy as np
import plotly.graph_objects as go

from pglab.experiment_plots import experiment_figure
from pglab.plots import Curve, Figure, unpacked


def figure(changed: np.ndarray) -> Figure:
    guess = Curve(np.array([0.0, 100.0]), np.array([20.0, 40.0]), "your guess")
    run = Curve(np.array([10.0]), np.array([30.0]), "this run")
    return experiment_figure(guess, run, list(changed), [np.array([21.0, 50.0])], 100, (0.0, 500.0))


def test_plotly_accepts_it_and_every_seed_is_a_line() -> None:
    drawn = figure(np.array([[9.0, 8.0], [np.nan, 7.0], [np.nan, np.nan]]))
    go.Figure(drawn)
    lines = [(unpacked(t["x"]).tolist(), unpacked(t["y"]).tolist()) for t in drawn["data"]]
    assert lines[1:4] == [([25, 75], [9, 8]), ([75], [7]), ([], [])], "NaN is left out"
    shown = [trace["name"] for trace in drawn["data"] if trace["showlegend"]]
    assert shown == ["usual settings, 1 seeds", "these settings, 3 seeds", "your guess", "this run"]


def test_the_axis_shows_what_there_is() -> None:
    low, high = figure(np.array([[9.0, 8.0]]))["layout"]["yaxis"]["range"]
    assert low < 0
    assert 50 < high < 100
    _low, high = figure(np.array([[9.0, 500.0]]))["layout"]["yaxis"]["range"]
    assert high > 500
