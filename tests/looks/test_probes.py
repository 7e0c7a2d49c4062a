"""Heatmaps and gradients of networks with known outputs."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pglab.environments import ENVIRONMENTS
from pglab.looks.probes import (
    Quantity,
    Slice,
    action_probabilities,
    action_values,
    critic_quantity,
    maps_of,
    probability_map,
)
from pglab.networks import Body, PolicyNetwork
from pglab.session.training_session import TrainingSession
from tests.oracles_actor_critic import short_cell

INFO = ENVIRONMENTS["CartPole-v1"]


class Tilted(nn.Module):
    """A policy with π(right) = σ(observation · slope)."""

    def __init__(self, *slope: float) -> None:
        super().__init__()
        self.slope = torch.tensor(slope, dtype=torch.float32)

    def forward(self, observations: Tensor) -> Tensor:
        right = observations @ self.slope
        return torch.log_softmax(torch.stack([torch.zeros_like(right), right], dim=-1), dim=-1)


def policy_network(observation_size: int, actions: int) -> PolicyNetwork:
    """Make an untrained policy."""
    generator = torch.Generator().manual_seed(0)
    return PolicyNetwork(Body(observation_size, (8,), "tanh", generator), actions, generator)


def sigmoid(x: float) -> float:
    """Compute the logistic function."""
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


# --- Critic


class Known(nn.Module):
    """A critic with Q(s,a) = observation · slope of the action."""

    def __init__(self, *slopes: tuple[float, ...]) -> None:
        super().__init__()
        self.slopes = torch.tensor(slopes)

    def forward(self, observations: Tensor) -> Tensor:
        return observations @ self.slopes.T


def test_maps_of_a_critic() -> None:
    policy, critic = Tilted(0.0, 0.0, 5.0, 0.0), Known((1.0, 0, 2, 0), (-1.0, 0, 0, 3))
    plane = Slice(INFO, 2, 3, fixed=(0.5, 0.0, 0.0, 0.0))
    probabilities, q_values = maps_of({"policy": policy, "critic": critic}, plane, resolution=4)
    assert q_values is not None
    maps = {
        (quantity, action): critic_quantity(probabilities, q_values, quantity, action)
        for quantity in get_args(Quantity)
        for action in (0, 1)
    }
    for row, rate in enumerate(np.linspace(INFO.axes[3].low, INFO.axes[3].high, 4)):
        for column, angle in enumerate(np.linspace(INFO.axes[2].low, INFO.axes[2].high, 4)):
            q = [0.5 + 2 * angle, -0.5 + 3 * rate]
            right = sigmoid(5 * float(angle))
            v = (1 - right) * q[0] + right * q[1]
            for action in (0, 1):
                shown = {"q": q[action], "v": v, "advantage": q[action] - v}
                for quantity, value in shown.items():
                    found = maps[quantity, action][row, column]
                    assert found == pytest.approx(value, rel=1e-4, abs=1e-5), (quantity, action)


@pytest.mark.parametrize("settings", [{}, {"body": "split"}, {"critic_only": True}])
def test_maps_of_an_agent_are_those_of_its_networks(settings: dict[str, Any]) -> None:
    networks = TrainingSession(short_cell(**settings)).networks
    plane = Slice(INFO, 0, 2, fixed=(0.0, 0.3, 0.0, -0.2))
    observations = plane.observations(6)
    probabilities, q_values = maps_of(networks, plane, resolution=6)
    assert q_values is not None
    expected = action_probabilities(networks["policy"], observations).reshape(6, 6, 2)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-6)
    expected = action_values(networks["critic"], observations).reshape(6, 6, 2)
    np.testing.assert_allclose(q_values, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"activation": "relu"},
        {"body": "split", "hidden_sizes": (300,)},
        {"hidden_sizes": ()},
        {"symexp_heads": True},
        {"critic_only": True},
    ],
)
def test_few_calls_give_what_the_networks_give(settings: dict[str, Any]) -> None:
    networks = TrainingSession(short_cell(**settings)).networks
    observations = 3 * np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    with torch.no_grad():
        inputs = torch.as_tensor(observations)
        pi = networks["policy"](inputs).exp().numpy()
        q_values = networks["critic"](inputs).numpy()
    found = action_probabilities(networks["policy"], observations)
    np.testing.assert_allclose(found, pi, rtol=2e-6, atol=1e-6)
    found = action_values(networks["critic"], observations)
    np.testing.assert_allclose(found, q_values, rtol=2e-6, atol=1e-6)
    assert (observations == inputs.numpy()).all()


def test_maps_without_a_critic() -> None:
    networks = {"policy": policy_network(4, 2)}
    plane = Slice(INFO, 0, 2, fixed=(0.0, 0.0, 0.0, 0.0))
    probabilities, q_values = maps_of(networks, plane, resolution=3)
    assert q_values is None
    right = probability_map(networks["policy"], plane, action=1, resolution=3)
    assert (probabilities[..., 1] == right).all()
