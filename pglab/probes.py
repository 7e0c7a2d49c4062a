"""Read-only looks at a network: they draw no random numbers and change nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.environments import EnvironmentInfo
from pglab.records import Floats


def action_probabilities(policy: nn.Module, observations: Floats) -> NDArray[np.float32]:
    """π(a|s) for many observations: [N, D] → [N, A]."""
    with torch.inference_mode():
        log_probabilities = policy(torch.as_tensor(observations, dtype=torch.float32))
        return log_probabilities.exp().numpy()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Slice:
    """A plane through the observation space.

    `x_axis` and `y_axis` are the two coordinates that vary over their ranges; `fixed` [D] holds
    the value of all others.
    """

    info: EnvironmentInfo
    x_axis: int
    y_axis: int
    fixed: tuple[float, ...]

    def ticks(self, axis: int, resolution: int) -> NDArray[np.float32]:
        """Evenly spaced values over the axis's range: [resolution]."""
        spanned = self.info.axes[axis]
        return np.linspace(spanned.low, spanned.high, resolution, dtype=np.float32)

    def observations(self, resolution: int) -> NDArray[np.float32]:
        """The points of a square grid on the plane, row by row of y: [resolution², D]."""
        grid = np.tile(np.array(self.fixed, dtype=np.float32), (resolution**2, 1))
        grid[:, self.x_axis] = np.tile(self.ticks(self.x_axis, resolution), resolution)
        grid[:, self.y_axis] = np.repeat(self.ticks(self.y_axis, resolution), resolution)
        return grid


def probability_map(
    policy: nn.Module, plane: Slice, action: int, resolution: int = 41
) -> NDArray[np.float32]:
    """π(action|s) over a plane: [resolution, resolution], rows along y, columns along x."""
    probabilities = action_probabilities(policy, plane.observations(resolution))
    return probabilities[:, action].reshape(resolution, resolution)
