"""Bodies and heads: small multilayer perceptrons with their own random stream."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

# These networks are so small that more threads only cost time.
torch.set_num_threads(1)

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh}


def linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer with PyTorch's default initialisation drawn from `generator`.

    `nn.Linear` itself draws from PyTorch's global stream, which other runs disturb.
    """
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)
    nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
    bound = 1 / math.sqrt(inputs)
    nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return layer


def body(
    inputs: int, hidden_sizes: Sequence[int], activation: str, generator: torch.Generator
) -> nn.Sequential:
    """Linear → activation, once per entry of `hidden_sizes`; nothing where it is empty."""
    layers: list[nn.Module] = []
    for size in hidden_sizes:
        layers += [linear(inputs, size, generator), ACTIVATIONS[activation]()]
        inputs = size
    return nn.Sequential(*layers)


class PolicyNetwork(nn.Module):
    """π(·|s): a body and a softmax head over the actions."""

    def __init__(
        self,
        observation_size: int,
        actions: int,
        hidden_sizes: Sequence[int],
        activation: str,
        generator: torch.Generator,
    ) -> None:
        """Weights are drawn from `generator`."""
        super().__init__()
        self.body = body(observation_size, hidden_sizes, activation, generator)
        self.head = linear([observation_size, *hidden_sizes][-1], actions, generator)

    def forward(self, observations: Tensor) -> Tensor:
        """Log-probability of every action: [..., D] → [..., A]."""
        return torch.log_softmax(self.head(self.body(observations)), dim=-1)


class ValueNetwork(nn.Module):
    """V(s): a body and a head with one output."""

    def __init__(
        self,
        observation_size: int,
        hidden_sizes: Sequence[int],
        activation: str,
        generator: torch.Generator,
    ) -> None:
        """Weights are drawn from `generator`."""
        super().__init__()
        self.body = body(observation_size, hidden_sizes, activation, generator)
        self.head = linear([observation_size, *hidden_sizes][-1], 1, generator)

    def forward(self, observations: Tensor) -> Tensor:
        """Estimated return of every observation: [..., D] → [...]."""
        return self.head(self.body(observations)).squeeze(-1)  # type: ignore[no-any-return]


def gradient_norm(network: nn.Module) -> float:
    """Euclidean norm of all gradients of the network together; inf or nan where one is."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    return float(torch.nn.utils.get_total_norm(gradients))
