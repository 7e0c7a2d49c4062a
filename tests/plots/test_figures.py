"""The figures are valid for Plotly and contain the right numbers."""

import base64
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from pglab.curves import Curve, GuessRegion, UsualBand
from pglab.plots import figures as plots
from pglab.plots.end_labels import short_label
from pglab.plots.figures import Figure
from pglab.plots.returns import LossPlot, ReturnPlot, return_figure, series_figure


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
        "mean": curve(episodes),
        "earlier": [curve(5, "run 1: γ 0.9")],
        "usual": band,
        "limit": 20_000.0,
        "return_range": (0.0, 500.0),
        "changes": [(40, "γ 0.5")],
        "solved": (60, "solved: goal 500 reached"),
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
        lambda: return_figure(return_plot(0, earlier=[], usual=None, reading=None)),
        lambda: return_figure(return_plot(30)),
        lambda: weights(0),
        lambda: weights(50),
        heatmap,
        lambda: series_figure(np.arange(3.0), np.arange(3.0), "entropy", "#D55E00", limit=500),
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
        traces = return_figure(return_plot(episodes))["data"]
        return unpacked(next(t for t in traces if t.get("mode") == "markers")["x"])

    assert len(points(plots.MOST_POINTS)) == plots.MOST_POINTS
    many = points(plots.MOST_POINTS * 3)
    assert plots.MOST_POINTS / 4 < len(many) <= plots.MOST_POINTS
    assert many[-1] == plots.MOST_POINTS * 3 * 20


def test_earlier_runs_changes_and_success_are_named_in_the_picture() -> None:
    figure = return_figure(return_plot(30))
    texts = [annotation["text"] for annotation in figure["layout"]["annotations"]]
    assert texts == ["γ 0.5", "solved: goal 500 reached", "run 1: γ 0.9"]


def test_a_guess_is_a_region_of_its_own() -> None:
    guess = GuessRegion(8_000, 12_000, 50, math.inf)
    figure = return_figure(return_plot(30, guess=guess))
    go.Figure(figure)
    others = return_figure(return_plot(30))["data"]
    (drawn,) = (
        trace
        for trace in figure["data"]
        if trace.get("name", "").startswith("your guess") and "fill" in trace
    )
    assert unpacked(drawn["y"]).min() == 50
    assert all(drawn["fillcolor"] != trace.get("fillcolor") for trace in others)


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


def test_loss_and_returns_share_the_axis_of_steps() -> None:
    loss = Curve(np.arange(100.0) * 20, np.sin(np.arange(100.0)), "loss")
    figure = return_figure(return_plot(30, loss=LossPlot(loss, loss)))
    go.Figure(figure)
    layout = figure["layout"]
    below = [trace for trace in figure["data"] if trace.get("yaxis") == "y2"]
    assert [len(unpacked(trace["x"])) for trace in below] == [100, 100]
    assert all("xaxis" not in trace for trace in figure["data"]), "the plots must share one axis"
    assert layout["yaxis2"]["domain"][1] <= layout["yaxis"]["domain"][0]
    low, high = layout["yaxis2"]["range"]
    assert low <= loss.returns.min()
    assert high >= loss.returns.max()
    alone = return_figure(return_plot(30))["layout"]
    assert "yaxis2" not in alone
    assert alone["xaxis"]["range"] == layout["xaxis"]["range"]


def test_the_axis_suits_the_run_and_grows_in_jumps() -> None:
    assert plots.step_limit(0, 200_000, [150_000]) > 150_000, "all there is to compare with"
    slow = plots.step_limit(40, 200_000, [150_000])
    assert slow < 5_000, "a slow run must not look tiny beside an earlier run"
    limits = [plots.step_limit(reached, 200_000) for reached in range(1, 200_001, 100)]
    assert limits == sorted(limits)
    assert len(set(limits)) < 10
    assert all(
        limit >= reached for limit, reached in zip(limits, range(1, 200_001, 100), strict=True)
    )
    assert limits[-1] == pytest.approx(202_000)


@pytest.mark.parametrize("level", [30.0, 480.0])
@pytest.mark.parametrize("loss", [None, LossPlot(curve(300), curve(300))])
def test_an_earlier_run_is_named_where_it_leaves_the_picture(
    level: float, loss: LossPlot | None
) -> None:
    long = [Curve(curve(4_000).steps, np.full(4_000, level + n), f"run {n}") for n in range(6)]
    figure = return_figure(return_plot(30, earlier=long, limit=2_500, loss=loss))
    labels = figure["layout"]["annotations"][2:]
    room = 6 if loss is None else 5
    assert [label["text"] for label in labels] == [f"run {n}" for n in range(6)][-room:]
    assert all(label["x"] <= 2_500 for label in labels)
    heights = [label["y"] for label in labels]
    low, high = figure["layout"]["yaxis"].get("domain", (0, 1))
    apart = min(np.diff(heights)) / 500 * (high - low)
    assert apart > 0.08, "none covers another"
    assert heights[0] >= 0
    assert heights[-1] < 450, "no label may be above the picture"
    earlier = [t for t in figure["data"] if t.get("line", {}).get("dash") == "dot"]
    inside = [int((unpacked(trace["x"]) <= 2_500).sum()) for trace in earlier]
    assert min(inside) > 100, "its beginning must be as fine as the run"
    assert all(unpacked(trace["x"])[-1] == 80_000 for trace in earlier), "must allow zooming out"


def test_a_label_is_never_cut_within_a_difference() -> None:
    assert short_label("run 1: γ 0.9, α 0.0123") == "run 1: γ 0.9, α 0.0123"
    many = "run 1: γ 0.98765, α 0.0123 from step 12,345, layers 64,64, seed 3"
    assert short_label(many) == "run 1: γ 0.98765 and 3 more"
    only = "run 12: stop-gradient critic from step 12,345 to 54,321"
    assert short_label(only) == only


@pytest.mark.parametrize("value", [0.0, 1.28775, 480.0])
def test_an_axis_of_one_number_has_room_around_it(value: float) -> None:
    low, high = plots.calm_limits(np.array([value]))
    assert low < value < high
    assert 0.05 <= (high - low) / max(value, 1) < 0.1, "the tick labels must have few digits"
