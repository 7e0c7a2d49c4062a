"""Computes how each coordinate of an observation s affects the policy's probability π(a|s).

The push of coordinate i is sᵢ · ∂log π(a|s)/∂sᵢ: the value of the coordinate, times the derivative
of log π(a|s) with respect to the coordinate. A positive push raises log π(a|s). The pushes of all
coordinates add up to a difference of log π only if log π is linear in s, so they describe the
policy only near s.

Source: “input × gradient”: Shrikumar et al. (2017), “Learning important features through
propagating activation differences”; Ancona et al. (2018) compare this method with other
attributions.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.environments import EnvironmentInfo, ObservationAxis
from pglab.looks.probes import action_probabilities
from pglab.networks import EpsilonGreedyPolicy, PolicyNetwork
from pglab.records import Floats

Doubles = NDArray[np.float64]

SHARE_OF_RANGE = 20  # a small change is about the range of an axis, divided by this number


@dataclass(frozen=True)
class SmallChange:
    """The new value of π(a|s) if one coordinate of s changes by `delta`, in the coordinate's unit.

    `exact` holds the network's probabilities of all actions at the changed observation. `linear` is
    what the gradient predicts for the explained action: π + δ · ∂π/∂sᵢ. The value `linear` may be
    outside [0, 1].
    """

    axis: int
    delta: float
    exact: Doubles  # [A]
    linear: float


@dataclass(frozen=True)
class WhyAction:
    """The effects of an observation's coordinates on the probability of one action.

    `gradient` holds ∂log π(a|s)/∂sᵢ; its unit is 1 divided by the unit of coordinate i. If `greedy`
    is true, the policy is ε-greedy: π changes only in jumps, so `gradient` is zero.
    """

    info: EnvironmentInfo
    observation: Doubles  # [D]
    action: int
    probabilities: Doubles  # [A]
    gradient: Doubles  # [D]
    changes: tuple[SmallChange, ...]  # two for each coordinate: down and up
    greedy: bool

    @property
    def pushes(self) -> Doubles:
        """The push of each coordinate on log π(a|s), in nats: [D]."""
        return self.observation * self.gradient

    @property
    def finite(self) -> bool:
        """True if all probabilities and pushes are finite; after a divergence, they may not be."""
        return bool(np.isfinite(self.probabilities).all() and np.isfinite(self.pushes).all())


def why_action(
    policy: nn.Module, info: EnvironmentInfo, observation: Floats, action: int
) -> WhyAction:
    """Explain π(action|observation); the policy is not changed.

    Args:
        policy: the network that chooses the actions; its outputs are log π of all actions.
        info: the axes of the environment.
        observation: [D] the observation, in the units of the axes.
        action: the index of the action to explain.
    """
    state = np.asarray(observation, np.float64)
    log_pi, gradient = log_policy_gradient(policy, state, action)
    probability = math.exp(log_pi[action])
    deltas = [sign * small_step(axis) for axis in info.axes for sign in (-1, 1)]
    axes = np.repeat(np.arange(len(info.axes)), 2)
    changed = np.tile(state, (len(deltas), 1))
    changed[np.arange(len(deltas)), axes] += deltas
    exact = action_probabilities(policy, changed).astype(np.float64)
    return WhyAction(
        info,
        state,
        action,
        np.exp(log_pi),
        gradient,
        tuple(
            SmallChange(
                int(axis), delta, pi, probability + delta * probability * float(gradient[axis])
            )
            for axis, delta, pi in zip(axes, deltas, exact, strict=True)
        ),
        isinstance(policy, EpsilonGreedyPolicy),
    )


def log_policy_gradient(
    policy: nn.Module, observation: Doubles, action: int
) -> tuple[Doubles, Doubles]:
    """Log π of all actions, and the gradient of log π(action|s) with respect to s: [A] and [D].

    A copy of the policy computes both in double precision. The copy ignores `stop_gradient`,
    because this setting affects only what the body learns, not how π depends on the observation.
    """
    copied = copy.deepcopy(policy).double().requires_grad_(requires_grad=False)
    if isinstance(copied, PolicyNetwork):
        copied.stop_gradient = False
    state = torch.tensor(observation, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        log_pi = copied(state)
    values = log_pi.detach().numpy()
    if not log_pi.requires_grad:  # an ε-greedy policy is constant almost everywhere
        return values, np.zeros_like(observation)
    (gradient,) = torch.autograd.grad(log_pi[action], state)
    return values, gradient.numpy()


def small_step(axis: ObservationAxis) -> float:
    """A small change of a coordinate: about a twentieth of the axis, with one significant digit."""
    rough = (axis.high - axis.low) / SHARE_OF_RANGE
    place = 10.0 ** math.floor(math.log10(rough))
    return round(rough / place) * place


def likeliest(probabilities: Sequence[float] | Floats) -> int:
    """The first action with the greatest probability; NaN counts as probability 0."""
    return int(np.nan_to_num(np.asarray(probabilities, np.float64)).argmax())
