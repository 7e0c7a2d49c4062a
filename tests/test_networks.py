"""Networks: initialisation, shapes, gradient norm."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from pglab.networks import PolicyNetwork, ValueNetwork, gradient_norm, linear


def generator(seed: int = 0) -> torch.Generator:
    """A stream of its own."""
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("inputs", "outputs"), [(4, 128), (128, 2), (1, 1), (3, 7)])
def test_linear_is_initialised_as_pytorch_does(inputs: int, outputs: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(11)
        expected = nn.Linear(inputs, outputs)
    layer = linear(inputs, outputs, generator(11))
    other = linear(inputs, outputs, generator(12))
    assert torch.equal(layer.weight, expected.weight)
    assert torch.equal(layer.bias, expected.bias)
    assert not torch.equal(other.weight, expected.weight)
    assert layer.weight.requires_grad
    assert layer.bias.requires_grad


@pytest.mark.parametrize("hidden_sizes", [(), (5,), (6, 3), (4, 4, 4, 4)])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_layers_and_shapes(hidden_sizes: tuple[int, ...], activation: str) -> None:
    policy = PolicyNetwork(4, 3, hidden_sizes, activation, generator())
    value = ValueNetwork(4, hidden_sizes, activation, generator())
    for network, outputs in [(policy, 3), (value, 1)]:
        layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
        widths = [(layer.in_features, layer.out_features) for layer in layers]
        assert widths == list(pairwise([4, *hidden_sizes, outputs]))
        squashes = nn.ReLU if activation == "relu" else nn.Tanh
        assert sum(isinstance(module, squashes) for module in network.modules()) == len(
            hidden_sizes
        )
    for leading in [(), (7,), (2, 5)]:
        observations = torch.zeros(*leading, 4)
        assert policy(observations).shape == (*leading, 3)
        assert value(observations).shape == leading


def test_a_policy_gives_log_probabilities() -> None:
    policy = PolicyNetwork(4, 3, (8,), "tanh", generator())
    observations = torch.randn(50, 4, generator=generator(1)) * 5
    with torch.no_grad():
        total = policy(observations).exp().sum(dim=-1)
    np.testing.assert_allclose(total.numpy(), np.ones(50), rtol=1e-6)


def test_gradient_norm() -> None:
    layer = linear(1, 2, generator())
    layer.weight.grad = torch.tensor([[3.0], [0.0]])
    assert gradient_norm(layer) == pytest.approx(3)
    layer.bias.grad = torch.tensor([0.0, -4.0])
    assert gradient_norm(layer) == pytest.approx(5)
    layer.bias.grad[0] = torch.inf
    assert math.isinf(gradient_norm(layer))
    layer.bias.grad[0] = torch.nan
    assert math.isnan(gradient_norm(layer))
