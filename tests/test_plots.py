"""Figures: plotly itself checks every property, and the numbers must be those that went in."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from pglab import plots
from pglab.plots import Curve, Figure, ReturnPlot, UsualBand


def unpacked(array: dict[str, str]) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(array["bdata"]), dtype="<f4")
    return values.reshape([int(n) for n in array.get("shape", str(len(values))).split(",")])


def curve(episodes: int, label: str = "") -> Curve:
    return Curve(np.arange(1.0, episodes + 1) * 20, np.arange(float(episodes)) % 500, label)


def return_plot(episodes: int, **more: Any) -> ReturnPlot:
    steps = np.arange(3.0)
    band = UsualBand(steps, low=steps, median=steps, high=steps, label="usual")
    settings: dict[str, Any] = {
        "run": curve(episodes),
        "earlier": [curve(5, "run 1: γ 0.9")],
        "usual": band,
        "total_steps": 200_000,
        "return_range": (0.0, 500.0),
        "changes": [(40, "γ 0.5")],
        "solved_at": 60,
        "reading": curve(2, "reading"),
    }
    return ReturnPlot(**{**settings, **more})


def weights(steps: int) -> Figure:
    actions, ends = np.arange(steps) % 2, np.arange(steps) % 7 == 6
    return plots.weights_figure(np.arange(float(steps)), actions, ends, ["left", "right"], "G")


def heatmap() -> Figure:
    grid = np.arange(6.0).reshape(2, 3) / 6
    x, y, path = np.arange(3.0), np.arange(2.0), np.zeros((4, 2))
    return plots.probability_figure(
        grid, x, y, "x (m)", "y (m)", "right", ("blue", "orange"), 0.5, path
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: plots.return_figure(return_plot(0, earlier=[], usual=None, reading=None)),
        lambda: plots.return_figure(return_plot(30)),
        lambda: weights(0),
        lambda: weights(50),
        heatmap,
        lambda: plots.series_figure(np.arange(3.0), np.arange(3.0), "entropy", "#D55E00"),
    ],
)
def test_plotly_accepts_the_figure(make: Callable[[], Figure]) -> None:
    go.Figure(make())


def test_plotly_would_refuse_an_unknown_property() -> None:
    figure = heatmap()
    figure["layout"]["xaxis"]["rnage"] = [0, 1]
    with pytest.raises(ValueError, match="rnage"):
        go.Figure(figure)


def test_every_episode_is_a_point_until_there_are_too_many() -> None:
    def points(episodes: int) -> np.ndarray:
        traces = plots.return_figure(return_plot(episodes))["data"]
        return unpacked(next(t for t in traces if t.get("mode") == "markers")["x"])

    assert len(points(plots.MOST_POINTS)) == plots.MOST_POINTS
    many = points(plots.MOST_POINTS * 3)
    assert len(many) == plots.MOST_POINTS
    assert many[-1] == plots.MOST_POINTS * 3 * 20


def test_earlier_runs_changes_and_success_are_named_in_the_picture() -> None:
    figure = plots.return_figure(return_plot(30))
    texts = [annotation["text"] for annotation in figure["layout"]["annotations"]]
    assert texts == ["γ 0.5", "solved", "run 1: γ 0.9"]


def test_a_guess_is_a_line_of_its_own() -> None:
    guess = Curve(np.array([0.0, 12_000.0]), np.array([20.0, 90.0]), "your guess")
    figure = plots.return_figure(return_plot(30, guess=guess))
    go.Figure(figure)
    others = plots.return_figure(return_plot(30))["data"]
    (drawn,) = (trace for trace in figure["data"] if trace.get("name") == "your guess")
    assert unpacked(drawn["y"]).tolist() == [20, 90]
    known = [trace["line"] for trace in others if "line" in trace]
    assert all(drawn["line"]["color"] != line.get("color") for line in known)
    assert figure["layout"]["xaxis"]["range"][1] >= 12_000


def test_weights_are_coloured_by_action() -> None:
    _ends, points, left, right = weights(5)["data"]
    assert unpacked(points["y"]).tolist() == [0, 1, 2, 3, 4]
    assert points["text"] == ["left", "right", "left", "right", "left"]
    colours = [left["marker"]["color"], right["marker"]["color"]]
    assert points["marker"]["color"] == [colours[step % 2] for step in range(5)]


def test_heatmap_rows_run_along_y() -> None:
    z = unpacked(heatmap()["data"][0]["z"])
    assert z.shape == (2, 3)
    assert z[1, 0] == pytest.approx(0.5)


def test_smoothing_is_the_mean_of_the_last_values() -> None:
    returns = np.array([1.0, 3.0, 5.0, 7.0])
    assert plots.smoothed(returns, window=2).tolist() == [1.0, 2.0, 4.0, 6.0]
    assert len(plots.smoothed(np.empty(0))) == 0
