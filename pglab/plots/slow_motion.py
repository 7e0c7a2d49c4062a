"""The figures of the chapter *Slow motion*; each figure shows one update."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.curves import Numbers
from pglab.language import _
from pglab.plots.figures import Figure, framed, horizontal, over_plane, packed

LEAST_BARS = 10  # the axis has room for at least this many bars, so that no bar is too wide
LEAST_CHANGE = 1e-4  # the colour scale ends here or further out, so that tiny changes look pale


def difference_figure(
    changes: Numbers,
    x: Numbers,
    y: Numbers,
    x_label: str,
    y_label: str,
    name: str,
    path: Numbers,
    least: float = LEAST_CHANGE,
) -> Figure:
    """Return a heatmap of one update's change of a quantity; the neutral colour means no change.

    Args:
        changes: [Y, X] the quantity after the update, minus the quantity before the update.
        x: [X] values of the horizontal axis.
        y: [Y] values of the vertical axis.
        x_label: name and unit of the horizontal axis.
        y_label: name and unit of the vertical axis.
        name: name and unit of the quantity, for the label under the pointer.
        path: [N, 2] points (x, y) of N transitions; a dot marks each point.
        least: the colour scale ends at `least` if no change is larger than `least`.
    """
    most = max(float(np.abs(changes).max()), least)
    heatmap = {
        "type": "heatmap",
        "z": packed(changes),
        "x": packed(x),
        "y": packed(y),
        "zmin": -most,
        "zmax": most,
        "colorscale": [[0, palette.LESS], [0.5, palette.NEUTRAL], [1, palette.MORE]],
        "colorbar": {
            "thickness": 10,
            "tickvals": [-most, 0, most],
            "ticktext": [f"−{most:.2g}", "0", f"+{most:.2g}"],
            "len": 1,
        },
        "hovertemplate": f"{name} %{{z:+.4f}}<extra></extra>",
    }
    figure = over_plane(heatmap, x_label, y_label, path)
    figure["data"][1] |= {"mode": "markers", "marker": {"color": palette.PATH, "size": 4}}
    return figure


def transitions_figure(
    heights: Numbers,
    actions: NDArray[np.integer],
    action_names: Sequence[str],
    chosen: int | None,
    label: str,
    first: int = 0,
) -> Figure:
    """Return a bar chart with one bar for each transition of a batch.

    The colour of a bar shows the action. The bar of the transition `chosen` has an outline.

    Args:
        heights: [T] heights of the T bars.
        actions: [T] index of the action taken in each transition.
        action_names: [A] names of the actions.
        chosen: index of the chosen transition, or None.
        label: label of the vertical axis.
        first: index, within the batch, of the first transition that is shown.
    """
    colours = palette.action_colours(len(action_names))
    outlines = [2.5 if index == chosen else 0 for index in range(len(heights))]
    bars = {
        "type": "bar",
        "x": packed(first + np.arange(len(heights))),
        "y": packed(heights),
        "marker": {
            "color": [colours[action] for action in actions],
            "line": {"width": outlines, "color": palette.THIS_RUN},
        },
        "text": [action_names[action] for action in actions],
        "textposition": "none",
        "hovertemplate": _("step %{x}, %{text}<br>%{y:.4g}") + "<extra></extra>",
    }
    figure = framed(_("time step in the batch"), label, [bars])
    figure["layout"]["shapes"] = [horizontal(0)]
    figure["layout"]["bargap"] = 0.1
    room = max(len(heights), LEAST_BARS)
    figure["layout"]["xaxis"]["range"] = [first - 0.5, first + room - 0.5]
    figure["layout"]["yaxis"] |= {"rangemode": "tozero", "automargin": True}
    return figure
