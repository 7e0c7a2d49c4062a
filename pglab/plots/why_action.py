"""The figure of the chapter *Why this action?*."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pglab import palette
from pglab.curves import Numbers
from pglab.language import _
from pglab.plots.figures import Figure, framed

LEAST_REACH = 0.1  # the axis reaches at least this far from zero, so that tiny pushes look tiny
ROOM = 1.25  # beyond the longest bar, the axis has room for the bar's number


def pushes_figure(
    pushes: Numbers,
    texts: Sequence[str],
    coordinates: Sequence[str],
    action: int,
    action_names: Sequence[str],
) -> Figure:
    """Return a bar chart with one horizontal bar for each coordinate of an observation.

    A bar to the right raises log π of the explained action and has the colour of this action. A bar
    to the left lowers log π, and has the colour of probability 0 in heatmaps.

    Args:
        pushes: [D] the push of each coordinate on log π(a|s).
        texts: [D] the number beside each bar.
        coordinates: [D] the name and the value of each coordinate.
        action: index of the explained action a.
        action_names: [A] names of the actions.
    """
    lowers, raises = palette.probability_colours(action, len(action_names))
    reach = ROOM * max(float(np.abs(pushes).max()), LEAST_REACH)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": pushes.tolist(),
        "y": list(coordinates),
        "marker": {"color": [raises if push > 0 else lowers for push in pushes]},
        "text": list(texts),
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": _("%{y}<br>push %{x:+.4f}") + "<extra></extra>",
    }
    label = _("push on log π({action})").format(action=action_names[action])
    figure = framed(label, "", [bars])
    figure["layout"]["xaxis"] |= {
        "range": [-reach, reach],
        "zeroline": True,
        "zerolinecolor": palette.EARLIER_RUN,
    }
    figure["layout"]["yaxis"] = {"autorange": "reversed", "automargin": True}
    return figure
