"""Labels that name each earlier run at the end of its line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pglab.curves import Curve
from pglab.language import _

LONGEST_END_LABEL = 34  # characters; the first part of a label stays even if it is longer
ROW = 0.11  # height of a label, as a share of the figure's height
ROOM = 0.35  # width of a label, as a share of the length of the horizontal axis


def end_labels(
    curves: Sequence[Curve], limit: float, limits: tuple[float, float], share: float
) -> list[dict[str, Any]]:
    """Return Plotly annotations that label the curves at their ends.

    Labels that would overlap are moved apart. If there is no room for all labels, the first curves
    in the list get no label. A label may be shortened. The full text of a label appears when the
    pointer is on the label.

    Args:
        curves: the curves with their labels; each curve has at least one point.
        limit: right end of the horizontal axis.
        limits: least and greatest value of the vertical axis.
        share: height of the vertical axis, as a share of the figure's height.
    """
    low, high = limits
    row = ROW / share
    ends = []
    for curve in curves[-int(1 / row) :]:
        last = int(np.searchsorted(curve.steps, limit, side="right")) - 1
        if last >= 0:
            ends.append((float(curve.returns[last]), float(curve.steps[last]), curve.label))
    ends.sort(key=lambda end: end[0])
    row *= high - low
    heights = _apart([y for y, _x, _name in ends], row, high - row)
    labels = []
    for height, (_y, x, name) in zip(heights, ends, strict=True):
        side = "right" if x > ROOM * limit else "left"
        place = {"x": x, "y": height, "xanchor": side, "yanchor": "bottom", "showarrow": False}
        labels.append(place | {"text": short_label(name), "hovertext": name})
    return labels


def _apart(heights: Sequence[float], row: float, highest: float) -> list[float]:
    """Move sorted heights apart by `row` or more, so that no height is above `highest`."""
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + row) if moved else height)
    for place in reversed(range(len(moved))):
        moved[place] = min(moved[place], highest - row * (len(moved) - 1 - place))
    return moved


def short_label(name: str) -> str:
    """Shorten a name that consists of parts separated by commas.

    The first part always stays. A further part stays if the text up to the end of this part fits
    into a label.
    """
    first, *others = name.split(", ")
    kept = [first]
    while others and len(", ".join([*kept, others[0]])) <= LONGEST_END_LABEL:
        kept.append(others.pop(0))
    return ", ".join(kept) + (_(" and {n} more").format(n=len(others)) if others else "")
