"""The field in which a visitor sketches the expected mean return over environment steps."""

from __future__ import annotations

import streamlit as st

from pglab.classroom.lesson import Step
from pglab.language import _
from pglab.ui.room.files import SKETCH_STYLE
from pglab.ui.room.sketch_axes import POINTS, sketch_axes
from pglab.ui.stage.stage import js_export

_component = st.components.v2.component(
    "pglab_sketch",
    css=SKETCH_STYLE.read_text(encoding="utf-8"),
    js=js_export("sketch", "sketch.js"),
)

Points = tuple[tuple[float, float], ...]


def sketch(key: str, step: Step, given: Points | None) -> Points | None:
    """Draw the field for a sketch; return its points as pairs (environment step, return).

    Args:
        key: distinguishes this sketch from others.
        step: the step of the lesson; the settings in its link give the ranges of the axes.
        given: the points of a locked sketch, which cannot be changed; None without such a sketch.

    Returns:
        The points, or None if the visitor has not moved a point yet.
    """
    axes = sketch_axes(step)
    steps, low, high = axes.steps, axes.low, axes.high
    if given is not None and len(given) == POINTS:
        steps = tuple(point[0] for point in given)
    start = [low] * POINTS if given is None else [point[1] for point in given]
    result = _component(
        key=f"lesson.sketch.{key}",
        data={
            "steps": [round(value) for value in steps],
            "low": low,
            "high": high,
            "values": start,
            "locked": given is not None,
            "texts": {"returns": _("Mean return"), "steps": _("environment steps")},
        },
        on_heights_change=lambda: None,
    )
    values = _checked(result.heights, low, high)
    if values is None:
        return given
    return tuple((x, y) for x, y in zip(steps, values, strict=True))


def _checked(values: object, low: float, high: float) -> list[float] | None:
    """Return the heights of the curve's points from the browser, or None for invalid values."""
    if not isinstance(values, list) or len(values) != POINTS:
        return None
    if not all(isinstance(value, int | float) and low <= value <= high for value in values):
        return None
    return [float(value) for value in values]
