"""The figures of critics and comparisons are valid for Plotly and contain the right numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from pglab.curves import Curve, UsualBand
from pglab.plots import comparison as comparison_plots
from pglab.plots import critic as critic_plots
from pglab.plots.critic import Box
from pglab.plots.figures import Figure, unpacked

X, Y, PATH = np.arange(3.0), np.arange(2.0), np.zeros((4, 2))
GRID = np.arange(6.0).reshape(2, 3) - 2
STEPS = np.arange(5.0)
EMPTY = np.empty(0)
BOXES = [Box(0, 0, "in", None, None), Box(1, 0, "8", 0.1, 0.2), Box(2, 1, "π", 0.1, None)]
CURVE = Curve(STEPS, STEPS)
FOUR = [comparison_plots.SideCurves(letter, "#AA3377", [], CURVE) for letter in "ABCD"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: critic_plots.value_figure(GRID, X, Y, "x", "y", "V(s)", PATH),
        lambda: critic_plots.value_figure(np.zeros((2, 3)), X, Y, "x", "y", "V(s)", PATH),
        lambda: critic_plots.advantage_figure(GRID, X, Y, "x", "y", "A", PATH),
        lambda: critic_plots.fit_figure(EMPTY, EMPTY),
        lambda: critic_plots.fit_figure(STEPS, STEPS),
        lambda: critic_plots.truth_figure(STEPS, STEPS),
        lambda: critic_plots.conflict_figure(CURVE, CURVE, 500.0),
        lambda: critic_plots.norms_figure(CURVE, CURVE, 500.0),
        lambda: critic_plots.buffer_figure(np.empty((0, 2)), np.empty(0, np.int64), PATH, "x", "y"),
        lambda: critic_plots.buffer_figure(PATH, np.arange(4), PATH, "x", "y"),
        lambda: critic_plots.network_figure(BOXES, [(0, 1), (1, 2)]),
        lambda: comparison_plots.returns_figure(
            [comparison_plots.SideCurves("A", "#AA3377", [CURVE, CURVE], CURVE, CURVE)],
            10.0,
            (0.0, 500.0),
        ),
        lambda: comparison_plots.returns_figure(FOUR, 10.0, (0.0, 500.0), [CURVE, CURVE]),
        lambda: comparison_plots.updates_figure(
            [("A", "#AA3377", CURVE)], 10.0, "cosine", (-1.0, 1.0)
        ),
    ],
)
def test_plotly_accepts_the_figure(make: Callable[[], Figure]) -> None:
    go.Figure(make())


def test_the_neutral_colour_of_an_advantage_is_zero() -> None:
    heatmap = critic_plots.advantage_figure(GRID, X, Y, "x", "y", "A", PATH)["data"][0]
    assert (heatmap["zmin"], heatmap["zmax"]) == (-3.0, 3.0)


def test_earlier_comparisons_are_named_at_their_ends_each_in_a_row_of_its_own() -> None:
    ends = {"1A": (90, 440), "1B": (92, 460), "2A": (90, 300), "2B": (30, 450)}
    earlier = [Curve(np.array([0.0, x]), np.array([0.0, y]), name) for name, (x, y) in ends.items()]
    figure = comparison_plots.returns_figure(FOUR, 100.0, (0.0, 500.0), earlier)
    notes = figure["layout"]["annotations"]
    assert {note["text"]: note["x"] for note in notes} == {n: x for n, (x, _y) in ends.items()}
    heights = [note["y"] for note in notes]
    assert min(np.diff(heights)) > 0.1 * 500
    assert heights[-1] < 450, "no label may be above the picture"
    sides = {note["text"]: note["xanchor"] for note in notes}
    assert (sides["1A"], sides["2B"]) == ("right", "left"), "not the side with more room"
    dashes = [trace["line"]["dash"] for trace in figure["data"]]
    assert dashes[:4] == ["dot"] * 4
    assert len({"dot", *dashes[4:]}) == 5  # no agent has the style of an earlier comparison


def test_stored_runs_are_drawn_lightly_and_not_in_the_legend() -> None:
    stored = UsualBand(STEPS, STEPS, STEPS, STEPS, "10 stored seeds")
    side = replace(FOUR[0], stored=stored)
    plain = comparison_plots.returns_figure([FOUR[0]], 10.0, (0.0, 500.0))["data"]
    traces = comparison_plots.returns_figure([side], 10.0, (0.0, 500.0))["data"]
    added = traces[: len(traces) - len(plain)]
    assert [trace["showlegend"] for trace in added] == [False, False]
    assert all(trace["opacity"] < 1 for trace in added)
    assert unpacked(added[1]["y"]).tolist() == STEPS.tolist()


def test_a_layer_names_only_the_losses_that_reach_it() -> None:
    texts = [a["text"] for a in critic_plots.network_figure(BOXES, [])["layout"]["annotations"]]
    assert ["actor" in text for text in texts] == [False, True, True]
    assert ["critic" in text for text in texts] == [False, True, False]


@pytest.mark.parametrize(("norm", "text"), [(0.0234, "0.023"), (5.0, "5"), (152.3, "150")])
def test_a_norm_is_written_with_two_digits_that_count(norm: float, text: str) -> None:
    figure = critic_plots.network_figure([Box(0, 0, "8", norm, None)], [])
    assert f">actor {text}<" in figure["layout"]["annotations"][0]["text"]
