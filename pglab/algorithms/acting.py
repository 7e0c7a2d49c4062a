"""Samples actions from a policy, with the random generator of a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sample_action(probabilities: NDArray[np.floating], generator: np.random.Generator) -> int:
    """Draw an action with the given probabilities.

    The result is the first action at which the running sum of the probabilities exceeds a random
    number between 0 and 1.

    Args:
        probabilities: [A] π(·|s). Each is at least 0; the sum is 1 up to rounding.
        generator: gives exactly one random number per call.
    """
    draw, reached, action = generator.random(), 0.0, 0
    for action, probability in enumerate(probabilities.tolist()):  # faster here than NumPy
        reached += probability
        if draw < reached:
            return action
    return action  # rounding can leave the sum just below the draw
