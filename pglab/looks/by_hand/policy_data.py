"""The numbers from which a browser computes a policy: the parameters of the policy's network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.config import ActorCriticConfig, RunConfig
from pglab.config.fixed import EPSILON
from pglab.networks import ActionNetwork, EpsilonGreedyPolicy

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class PolicyData:
    """A policy as plain numbers.

    `layers` has the weights [outputs, inputs] and the biases [outputs] of each linear layer. If
    `symexp_head` is true, `symexp` is applied to the outputs of the last layer. If `epsilon` is
    None, π is the softmax of the outputs. Otherwise, the outputs are action values, and π is
    ε-greedy.
    """

    layers: tuple[Layer, ...]
    activation: str
    symexp_head: bool
    epsilon: float | None

    @property
    def finite(self) -> bool:
        """True if all parameters are finite numbers."""
        return all(bool(np.isfinite(part).all()) for layer in self.layers for part in layer)


def policy_data(policy: nn.Module, config: RunConfig) -> PolicyData:
    """Copy the parameters of a run's policy; `config` are the settings of the run."""
    greedy = isinstance(policy, EpsilonGreedyPolicy)
    network = policy.critic if greedy else policy
    assert isinstance(network, ActionNetwork)
    return PolicyData(
        layers=tuple(
            (layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy())
            for layer in network.modules()
            if isinstance(layer, nn.Linear)
        ),
        activation=config.activation,
        symexp_head=isinstance(config, ActorCriticConfig) and config.symexp_heads,
        epsilon=EPSILON if greedy else None,
    )
