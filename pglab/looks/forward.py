"""Computes the outputs of networks with few calls of PyTorch.

While a server trains the runs of many visitors, a thread may have to wait for Python's interpreter
lock after each call of PyTorch. So this module computes each hidden layer with one call of PyTorch.
NumPy computes the activations, because tanh is much faster in NumPy than in PyTorch. For a single
observation, NumPy computes everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.networks import ActionNetwork, Body, EpsilonGreedyPolicy, PolicyNetwork
from pglab.records import Floats


def layers_of(body: Body, observations: Floats) -> list[Tensor]:
    """A list of the observations [N, D] and the outputs [N, units] of each hidden layer."""
    below = torch.as_tensor(observations, dtype=torch.float32)
    found = [below]
    layers: list[Any] = list(body)
    for linear, activation in zip(layers[::2], layers[1::2], strict=True):
        below = nn.functional.linear(below, linear.weight, linear.bias)
        values = below.numpy()  # uses the same memory as `below`
        if isinstance(activation, nn.Tanh):
            np.tanh(values, out=values)
        else:
            np.maximum(values, 0, out=values)
        found.append(below)
    return found


def outputs_of(network: nn.Module, observations: Floats) -> Tensor:
    """The outputs of a policy or a critic for N observations: [N, D] → [N, A].

    A call of `network` gives the same outputs, except for rounding errors. Call this function in
    PyTorch's inference mode.
    """
    if isinstance(network, ActionNetwork):
        return network.of_features(layers_of(network.body, observations)[-1])
    if isinstance(network, EpsilonGreedyPolicy):
        return network.of_values(outputs_of(network.critic, observations))
    outputs: Tensor = network(torch.as_tensor(observations, dtype=torch.float32))
    return outputs


def policy_of_one(policy: nn.Module) -> Callable[[Floats], NDArray[np.float32]]:
    """A function that computes π(·|s) for one observation: [D] → [A].

    A call of `policy` gives the same probabilities, except for rounding errors. The function reads
    the parameters at each call, as long as nobody replaces the tensors that contain them.
    """
    if not isinstance(policy, PolicyNetwork):
        return lambda observation: _exp_of_one(policy, observation)
    linears: list[Any] = [*list(policy.body)[::2], policy.head]
    *hidden, head = [(one.weight.data.numpy(), one.bias.data.numpy()) for one in linears]
    uses_tanh = any(isinstance(layer, nn.Tanh) for layer in policy.body)

    def probabilities(observation: Floats) -> NDArray[np.float32]:
        below = np.asarray(observation, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # too large numbers give NaN
            for weights, biases in hidden:
                below = weights @ below + biases
                below = np.tanh(below) if uses_tanh else np.maximum(below, 0)
            logits = head[0] @ below + head[1]
            powers = np.exp(logits - logits.max())
            found: NDArray[np.float32] = powers / powers.sum()
        return found

    return probabilities


def _exp_of_one(policy: nn.Module, observation: Floats) -> NDArray[np.float32]:
    with torch.inference_mode():
        found: NDArray[np.float32] = outputs_of(policy, observation[None])[0].exp().numpy()
    return found


def log_policy_and_values(
    policy: ActionNetwork, critic: ActionNetwork, observations: Floats
) -> tuple[Tensor, Tensor]:
    """Log π and Q, as in `outputs_of`; a body that both networks share is computed only once."""
    features = layers_of(policy.body, observations)[-1]
    others = features if policy.body is critic.body else layers_of(critic.body, observations)[-1]
    return policy.of_features(features), critic.of_features(others)
