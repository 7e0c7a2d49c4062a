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
    action = int(np.searchsorted(np.cumsum(probabilities), generator.random(), side="right"))
    return min(action, len(probabilities) - 1)  # rounding can leave the sum just below the draw
