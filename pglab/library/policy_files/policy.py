"""Exports the network that chooses the actions, as arrays for files that other programs read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig
from pglab.config.fixed import EPSILON
from pglab.environments import ENVIRONMENTS
from pglab.library.contents import RunContents
from pglab.library.state.run import policy_of


@dataclass(frozen=True)
class Layer:
    """A linear layer: y = weight · x + bias."""

    name: str
    weight: NDArray[np.float32]  # [outputs, inputs]
    bias: NDArray[np.float32]  # [outputs]


@dataclass(frozen=True)
class Policy:
    """The acting network of a run: hidden layers with an activation, and an output layer.

    If `epsilon` is None, the outputs are logits: the policy is their softmax. Otherwise, the
    outputs are action values, and the policy is ε-greedy. If `symexp` is true, each output x is
    first replaced by sign(x)·(e^|x| − 1).
    """

    config: AgentConfig
    hidden: tuple[Layer, ...]
    output: Layer
    symexp: bool
    epsilon: float | None

    @property
    def layers(self) -> Iterator[Layer]:
        """All layers, from the observation to the output."""
        yield from (*self.hidden, self.output)

    @property
    def observation_size(self) -> int:
        """The number of coordinates of an observation."""
        size: int = next(self.layers).weight.shape[1]
        return size

    @property
    def actions(self) -> int:
        """The number of actions."""
        return len(self.output.bias)


def exported_policy(contents: RunContents) -> Policy:
    """Return the network that would choose the next action of the run.

    Raises:
        ConfigError: the environment cannot be used.
        StateError: the stored state is damaged.
    """
    config = contents.config
    acting: Any = policy_of(contents)
    greedy = isinstance(config, ActorCriticConfig) and config.critic_only
    network = acting.critic if greedy else acting
    linear = [layer for layer in network.body if isinstance(layer, nn.Linear)]
    return Policy(
        config=config,
        hidden=tuple(_layer(f"hidden_{n}", layer) for n, layer in enumerate(linear, 1)),
        output=_layer("output", network.head),
        symexp=isinstance(config, ActorCriticConfig) and config.symexp_heads,
        epsilon=EPSILON if greedy else None,
    )


def policy_safetensors(policy: Policy) -> bytes:
    """Return the bytes of `policy.safetensors`: the parameters, and metadata to explain them."""
    info = ENVIRONMENTS[policy.config.env_id]
    metadata = {
        "environment": policy.config.env_id,
        "observation": ", ".join(axis.name for axis in info.axes),
        "actions": ", ".join(info.actions),
        "hidden_sizes": json.dumps([len(layer.bias) for layer in policy.hidden]),
        "activation": policy.config.activation,
        "symexp": json.dumps(policy.symexp),
        "output": "logits" if policy.epsilon is None else "action values",
        "epsilon": "" if policy.epsilon is None else repr(policy.epsilon),
    }
    arrays = {
        f"{layer.name}.{part}": np.ascontiguousarray(getattr(layer, part))
        for layer in policy.layers
        for part in ("weight", "bias")
    }
    return _with_sorted_metadata(safetensors.numpy.save(arrays, metadata))


def _layer(name: str, layer: nn.Linear) -> Layer:
    return Layer(name, layer.weight.detach().numpy(), layer.bias.detach().numpy())


def _with_sorted_metadata(data: bytes) -> bytes:
    """Sort the metadata, because safetensors writes them in a different order each time.

    The file consists of the header's length in 8 bytes, the header as JSON, and the arrays. Spaces
    at the end of the header make its length a multiple of 8.
    """
    start = 8 + int.from_bytes(data[:8], "little")
    head = json.loads(data[8:start])
    head["__metadata__"] = dict(sorted(head["__metadata__"].items()))
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[start:]
