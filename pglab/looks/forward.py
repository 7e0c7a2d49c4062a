"""Computes the outputs of networks with few calls of PyTorch.

While a server trains the runs of many visitors, each call of PyTorch may have to wait until it gets
Python's interpreter back. So the hidden layers are computed here with one call each. NumPy computes
the activations, and its tanh takes a fraction of the time of PyTorch's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pglab.networks import ActionNetwork, Body, EpsilonGreedyPolicy
from pglab.records import Floats


def layers_of(body: Body, observations: Floats) -> list[Tensor]:
    """The observations [N, D], and then the outputs of each hidden layer: [N, units]."""
    below = torch.as_tensor(observations, dtype=torch.float32)
    found = [below]
    layers: list[Any] = list(body)
    for linear, activation in zip(layers[::2], layers[1::2], strict=True):
        below = nn.functional.linear(below, linear.weight, linear.bias)
        values = below.numpy()  # the same memory
        if isinstance(activation, nn.Tanh):
            np.tanh(values, out=values)
        else:
            np.maximum(values, 0, out=values)
        found.append(below)
    return found


def outputs_of(network: nn.Module, observations: Floats) -> Tensor:
    """The outputs of a policy or a critic, as by calling it: [N, D] → [N, A].

    Call this function in PyTorch's inference mode.
    """
    if isinstance(network, ActionNetwork):
        return network.of_features(layers_of(network.body, observations)[-1])
    if isinstance(network, EpsilonGreedyPolicy):
        return network.of_values(outputs_of(network.critic, observations))
    outputs: Tensor = network(torch.as_tensor(observations, dtype=torch.float32))
    return outputs


def log_policy_and_values(
    policy: ActionNetwork, critic: ActionNetwork, observations: Floats
) -> tuple[Tensor, Tensor]:
    """Log π and Q as by `outputs_of`, but with one pass through a body that both networks share."""
    features = layers_of(policy.body, observations)[-1]
    others = features if policy.body is critic.body else layers_of(critic.body, observations)[-1]
    return policy.of_features(features), critic.of_features(others)
