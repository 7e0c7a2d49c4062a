"""Computes outputs of networks for given states; networks and random streams do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.environments import EnvironmentInfo, ObservationAxis
from pglab.language import _
from pglab.looks.forward import log_policy_and_values, outputs_of
from pglab.networks import ActorCriticNetwork
from pglab.records import Floats

MOST_LOG_ODDS = 16.0
PLANES_AT_ONCE = 8  # with more planes, the numbers would not fit into the processor's cache
Quantity = Literal["q", "v", "advantage"]


def action_probabilities(policy: nn.Module, observations: Floats) -> NDArray[np.float32]:
    """π(a|s) for many observations: [N, D] → [N, A]."""
    with torch.inference_mode():
        return outputs_of(policy, observations).exp().numpy()


@dataclass(frozen=True)
class Slice:
    """A plane through the observation space.

    `x_axis` and `y_axis` are the indices of the two coordinates that vary. `fixed` [D] is a point
    on the plane: it gives the values of the coordinates that do not vary. If `has_node` is true,
    one grid point is moved to `fixed`, so that a heatmap shows the exact value at `fixed`.
    """

    info: EnvironmentInfo
    x_axis: int
    y_axis: int
    fixed: tuple[float, ...]
    has_node: bool = False

    def ticks(self, axis: int, resolution: int) -> NDArray[np.float32]:
        """Evenly spaced values of a coordinate; one value may be moved to `fixed`: [resolution]."""
        spanned = self.info.axes[axis]
        ticks = _evenly_spaced(spanned.low, spanned.high, resolution).copy()
        node = self.node(axis, resolution)
        if node is not None:
            ticks[node[0]] = self.fixed[axis]
        return ticks

    def node(self, axis: int, resolution: int) -> tuple[int, float] | None:
        """The index of the tick that is moved to `fixed`, and the new place of this tick.

        The place is measured in grid steps from the first tick. The result is None if no tick is
        moved.
        """
        spanned = self.info.axes[axis]
        steps = (self.fixed[axis] - spanned.low) / (spanned.high - spanned.low) * (resolution - 1)
        if not self.has_node or not 0 < steps < resolution - 1:
            return None
        return min(max(round(steps), 1), resolution - 2), steps

    def grid(self, resolution: int) -> tuple[NDArray[np.float32], NDArray[np.float32], str, str]:
        """The ticks and the labels of the horizontal and the vertical axis."""
        axes = self.x_axis, self.y_axis
        x, y = (self.ticks(axis, resolution) for axis in axes)
        x_label, y_label = (self.info.axes[axis].label for axis in axes)
        return x, y, x_label, y_label

    @property
    def hidden(self) -> tuple[int, ...]:
        """The indices of the coordinates that do not vary over the plane."""
        return tuple(i for i in range(len(self.fixed)) if i not in (self.x_axis, self.y_axis))

    @property
    def fixed_values(self) -> list[tuple[str, str]]:
        """The name and the value of each coordinate that does not vary, as texts."""
        axes = [(self.info.axes[index], self.fixed[index]) for index in self.hidden]
        return [(_(axis.name), _in_digits(axis, value)) for axis, value in axes]

    def through(self, observation: Floats) -> Slice:
        """This plane, moved so that it passes through an observation [D]."""
        return replace(self, fixed=tuple(float(value) for value in observation), has_node=True)

    def observations(self, resolution: int) -> NDArray[np.float32]:
        """The points of a square grid on the plane, sorted by y and then by x: [resolution², D]."""
        grid = np.empty((resolution, resolution, len(self.fixed)), np.float32)
        grid[:] = self.fixed
        grid[:, :, self.x_axis] = self.ticks(self.x_axis, resolution)
        grid[:, :, self.y_axis] = self.ticks(self.y_axis, resolution)[:, None]
        return grid.reshape(resolution**2, -1)


def _in_digits(axis: ObservationAxis, value: float) -> str:
    digits = 2 if axis.high - axis.low > 1 else 3
    # The letter z avoids "−0.00". A heading has no room for the unit.
    return f"{value:z.{digits}f}".replace("-", "−")


def first_plane(info: EnvironmentInfo) -> Slice:
    """The first plane that heatmaps show."""
    return Slice(info, *info.heatmap_axes, tuple(axis.rest for axis in info.axes))


@cache
def _evenly_spaced(low: float, high: float, resolution: int) -> NDArray[np.float32]:
    return np.linspace(low, high, resolution, dtype=np.float32)


def probability_map(
    policy: nn.Module, plane: Slice, action: int, resolution: int = 41
) -> NDArray[np.float32]:
    """π(action|s) on a grid over a plane: [resolution, resolution], one row for each y."""
    probabilities = action_probabilities(policy, plane.observations(resolution))
    return probabilities[:, action].reshape(resolution, resolution)


def action_values(critic: nn.Module, observations: Floats) -> NDArray[np.float32]:
    """Q(s,a) for many observations: [N, D] → [N, A]."""
    with torch.inference_mode():
        return outputs_of(critic, observations).numpy()


def maps_of(
    networks: Mapping[str, nn.Module], plane: Slice, resolution: int = 41
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """π(a|s) and Q(s,a) on a grid over a plane: [resolution, resolution, A], one row for each y.

    Q is None if there is no critic.
    """
    probabilities, values = maps_over(networks, [plane], resolution)
    return probabilities[0], None if values is None else values[0]


def maps_over(
    networks: Mapping[str, nn.Module], planes: Sequence[Slice], resolution: int
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """π(a|s) and Q(s,a) as in `maps_of`, for K planes: [K, resolution, resolution, A] each."""
    grids = np.concatenate([plane.observations(resolution) for plane in planes])
    together = PLANES_AT_ONCE * resolution**2
    parts = [
        _pi_and_q(networks, grids[start : start + together])
        for start in range(0, len(grids), together)
    ]
    shape = (len(planes), resolution, resolution, -1)
    probabilities = np.concatenate([pi for pi, _q in parts]).reshape(shape)
    found = [q for _pi, q in parts if q is not None]
    return probabilities, np.concatenate(found).reshape(shape) if found else None


def _pi_and_q(
    networks: Mapping[str, nn.Module], observations: Floats
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """π(a|s) and Q(s,a) for many observations: [N, D] → [N, A] each."""
    policy, agent = networks["policy"], networks.get("agent")
    if isinstance(agent, ActorCriticNetwork) and policy is agent.policy:
        with torch.inference_mode():
            log_pi, q_values = log_policy_and_values(agent.policy, agent.critic, observations)
            return log_pi.exp().numpy(), q_values.numpy()
    critic = networks.get("critic")
    values = None if critic is None else action_values(critic, observations)
    return action_probabilities(policy, observations), values


def log_odds(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """The log-odds log(p / (1 − p)), clipped to ±`MOST_LOG_ODDS`.

    Over a plane, p may jump from 0 to 1 within one grid cell, but log-odds change more evenly.
    """
    least = 1 / (1 + np.exp(MOST_LOG_ODDS))
    inside = np.clip(probabilities.astype(np.float64), least, 1 - least)
    odds: NDArray[np.float32] = np.log(inside / (1 - inside)).astype(np.float32)
    return odds


def critic_quantity(
    probabilities: NDArray[np.float32],
    values: NDArray[np.float32],
    quantity: Quantity,
    action: int,
) -> NDArray[np.float32]:
    """Compute Q, V or the advantage from probabilities and action values: [..., A] each → [...].

    `q` is Q(s, action). `v` is V(s) = Σ_b π(b|s)·Q(s,b), the mean of Q under the policy.
    `advantage` is Q(s, action) − V(s).
    """
    mean: NDArray[np.float32] = (probabilities * values).sum(axis=-1)
    match quantity:
        case "q":
            return values[..., action]
        case "v":
            return mean
        case "advantage":
            return values[..., action] - mean
