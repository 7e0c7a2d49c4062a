"""The axes on which a student sketches a curve: the mean return over environment steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pglab.agent_places import config_at
from pglab.classroom.lesson import Step
from pglab.config import ReinforceConfig
from pglab.environments import ENVIRONMENTS

POINTS = 6
MOST_STEPS = 60_000  # a sketch of the beginning is easier to compare than one of the whole run


@dataclass(frozen=True)
class SketchAxes:
    """The environment steps of a sketch's points, and the limits of the returns."""

    steps: tuple[float, ...]
    low: float
    high: float


def sketch_axes(step: Step) -> SketchAxes:
    """Return the axes of a sketch in this lesson step, from the settings in the step's link."""
    config = config_at(step.page, dict(step.parameters)) or ReinforceConfig()
    low, high = ENVIRONMENTS[config.env_id].return_range
    steps = np.linspace(0, min(config.total_steps, MOST_STEPS), POINTS)
    return SketchAxes(tuple(steps.tolist()), low, high)
