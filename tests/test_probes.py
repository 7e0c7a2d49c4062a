"""Looks at a policy whose probabilities are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pglab.environments import ENVIRONMENTS
from pglab.networks import Body, PolicyNetwork
from pglab.probes import Slice, action_probabilities, probability_map

INFO = ENVIRONMENTS["CartPole-v1"]


class Tilted(nn.Module):
    """π(right) = σ(observation · slope)."""

    def __init__(self, *slope: float) -> None:
        super().__init__()
        self.slope = torch.tensor(slope, dtype=torch.float32)

    def forward(self, observations: Tensor) -> Tensor:
        right = observations @ self.slope
        return torch.log_softmax(torch.stack([torch.zeros_like(right), right], dim=-1), dim=-1)


def policy_network(observation_size: int, actions: int) -> PolicyNetwork:
    """A policy as it starts."""
    generator = torch.Generator().manual_seed(0)
    return PolicyNetwork(Body(observation_size, (8,), "tanh", generator), actions, generator)


def sigmoid(x: float) -> float:
    """The logistic function."""
    return float(1 / (1 + np.exp(-x)))


@pytest.mark.parametrize("axes", [(2, 3), (3, 2), (0, 1)])
def test_rows_run_along_y_and_columns_along_x(axes: tuple[int, int]) -> None:
    x_axis, y_axis = axes
    plane = Slice(INFO, x_axis, y_axis, fixed=(0.5, -0.25, 0.1, 2.0))
    slope = (1.0, -2.0, 10.0, 0.3)
    right = probability_map(Tilted(*slope), plane, action=1, resolution=5)
    for row, y in enumerate(np.linspace(INFO.axes[y_axis].low, INFO.axes[y_axis].high, 5)):
        for column, x in enumerate(np.linspace(INFO.axes[x_axis].low, INFO.axes[x_axis].high, 5)):
            observation = list(plane.fixed)
            observation[x_axis], observation[y_axis] = float(x), float(y)
            expected = sigmoid(float(np.dot(slope, observation)))
            assert right[row, column] == pytest.approx(expected, rel=1e-5)
    assert not np.allclose(right, right.T)


def test_a_policy_of_one_axis_gives_stripes() -> None:
    plane = Slice(INFO, x_axis=2, y_axis=3, fixed=(0.0, 0.0, 0.0, 0.0))
    right = probability_map(Tilted(0, 0, 30, 0), plane, action=1, resolution=7)
    assert (right == right[0]).all()
    assert (np.diff(right[0]) > 0).all()


def test_maps_of_all_actions_sum_to_one() -> None:
    policy = policy_network(6, 3)
    plane = Slice(ENVIRONMENTS["Acrobot-v1"], 1, 4, fixed=(1.0, 0.0, 1.0, 0.0, 0.0, 0.0))
    total = sum(probability_map(policy, plane, action, resolution=9) for action in range(3))
    np.testing.assert_allclose(total, np.ones((9, 9)), rtol=1e-6)


def test_looking_leaves_no_gradient_and_no_change() -> None:
    policy = policy_network(4, 2)
    before = [parameter.detach().clone() for parameter in policy.parameters()]
    observations = np.random.default_rng(0).normal(size=(5, 4))
    probabilities = action_probabilities(policy, observations)
    assert probabilities.shape == (5, 2)
    for parameter, old in zip(policy.parameters(), before, strict=True):
        assert parameter.grad is None
        assert torch.equal(parameter, old)
