"""The bar chart of the pushes."""

import numpy as np
import plotly.graph_objects as go
import pytest

from pglab import palette
from pglab.plots.why_action import pushes_figure


@pytest.mark.parametrize(
    ("actions", "action", "lowers", "raises"),
    [
        (2, 1, palette.LEFT, palette.RIGHT),
        (2, 0, palette.RIGHT, palette.LEFT),
        (3, 1, palette.OTHER_ACTIONS, palette.MIDDLE),
    ],
)
def test_the_colour_of_a_bar_is_the_action_that_it_pushes_to(
    actions: int, action: int, lowers: str, raises: str
) -> None:
    pushes = np.array([-0.5, 0.0, 2.0])
    names = ["left", "middle", "right"][:actions]
    figure = pushes_figure(pushes, ["a", "b", "c"], ["x", "y", "z"], action, names)
    go.Figure(figure)
    (bars,) = figure["data"]
    assert bars["x"] == pushes.tolist()
    assert (bars["marker"]["color"][0], bars["marker"]["color"][2]) == (lowers, raises)
    low, high = figure["layout"]["xaxis"]["range"]
    assert low == -high
    assert high > 2.0
