"""Sampling of actions, with a run's own random stream."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sample_action(probabilities: NDArray[np.floating], generator: np.random.Generator) -> int:
    """Draw an action with the given probabilities, by inverting their cumulative sum.

    Args:
        probabilities: [A] π(·|s), not negative, with sum 1 up to rounding.
        generator: advances by exactly one draw.
    """
    draw, reached, action = generator.random(), 0.0, 0
    for action, probability in enumerate(probabilities.tolist()):  # faster here than NumPy
        reached += probability
        if draw < reached:
            return action
    return action  # by rounding, the sum can stay just below the draw
