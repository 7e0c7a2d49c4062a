"""Choosing an action from probabilities with a run's own random stream."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sample_action(probabilities: NDArray[np.floating], generator: np.random.Generator) -> int:
    """An action with the given probabilities, by the inverse of their cumulative sum.

    Args:
        probabilities: [A], not negative, with sum 1 up to rounding.
        generator: advanced by exactly one draw.
    """
    draw, reached, action = generator.random(), 0.0, 0
    for action, probability in enumerate(probabilities.tolist()):  # faster than NumPy for so few
        reached += probability
        if draw < reached:
            return action
    return action  # rounding can leave the sum just below the draw
