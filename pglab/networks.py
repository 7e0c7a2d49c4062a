"""Bodies and heads: small multilayer perceptrons with their own random stream."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

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


class Body(nn.Sequential):
    """Linear → activation, once per entry of `hidden_sizes`; passes its input on where empty.

    `features` is the length of its output.
    """

    def __init__(
        self,
        observation_size: int,
        hidden_sizes: Sequence[int],
        activation: str,
        generator: torch.Generator,
    ) -> None:
        """Weights are drawn from `generator`."""
        layers: list[nn.Module] = []
        self.features = observation_size
        for size in hidden_sizes:
            layers += [linear(self.features, size, generator), ACTIVATIONS[activation]()]
            self.features = size
        super().__init__(*layers)


class ActionNetwork(nn.Module):
    """A body and a linear head with one output per action.

    With `symexp_head` the outputs pass through symexp; with `stop_gradient` no gradient of them
    reaches the body.
    """

    def __init__(
        self,
        body: Body,
        actions: int,
        generator: torch.Generator,
        *,
        symexp_head: bool = False,
        stop_gradient: bool = False,
    ) -> None:
        """Weights of the head are drawn from `generator`."""
        super().__init__()
        self.body = body
        self.head = linear(body.features, actions, generator)
        self._symexp_head = symexp_head
        self.stop_gradient = stop_gradient

    def forward(self, observations: Tensor) -> Tensor:
        """What `of_features` makes of the observations: [..., D] → [..., A]."""
        return self.of_features(self.body(observations))

    def of_features(self, features: Tensor) -> Tensor:
        """The head's outputs for the body's: [..., F] → [..., A]."""
        outputs: Tensor = self.head(features.detach() if self.stop_gradient else features)
        return symexp(outputs) if self._symexp_head else outputs


class PolicyNetwork(ActionNetwork):
    """π(·|s): the outputs are the log-probabilities of the actions, a softmax of logits."""

    def of_features(self, features: Tensor) -> Tensor:
        """Log π of every action for the body's output: [..., F] → [..., A]."""
        return torch.log_softmax(super().of_features(features), dim=-1)


class ActionValueNetwork(ActionNetwork):
    """Q(s,·): the outputs are the values of the actions."""


class ActorCriticNetwork(nn.Module):
    """An actor and a critic, on one body if `critic` was made with the body of `policy`.

    `actor_parameters` and `critic_parameters` are those that each computes with,
    `shared_parameters` those of the body that both use: none where each has its own.
    """

    def __init__(self, policy: PolicyNetwork, critic: ActionValueNetwork) -> None:
        """Both networks with their weights."""
        super().__init__()
        self.policy = policy
        self.critic = critic
        self._one_body = policy.body is critic.body
        self.actor_parameters = list(policy.parameters())
        self.critic_parameters = list(critic.parameters())
        self.shared_parameters = list(policy.body.parameters()) if self._one_body else []

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Log π and Q of every action: [..., D] → [..., A] and [..., A]."""
        features = self.policy.body(observations)
        others = features if self._one_body else self.critic.body(observations)
        return self.policy.of_features(features), self.critic.of_features(others)


class EpsilonGreedyPolicy(nn.Module):
    """A policy that takes the action of greatest value, and any at all with probability ε.

    Source: Sutton & Barto (2018), section 2.2.
    """

    def __init__(self, critic: ActionValueNetwork, epsilon: float) -> None:
        """Acts on the critic as it stands at each call."""
        super().__init__()
        self.critic = critic
        self._epsilon = epsilon

    def forward(self, observations: Tensor) -> Tensor:
        """Log-probability of every action: [..., D] → [..., A]."""
        return self.of_values(self.critic(observations))

    def of_values(self, values: Tensor) -> Tensor:
        """The same from the values: [..., A] → [..., A]."""
        actions = values.shape[-1]
        greedy = nn.functional.one_hot(values.argmax(dim=-1), actions)
        return torch.log(greedy * (1 - self._epsilon) + self._epsilon / actions)


class ValueNetwork(nn.Module):
    """V(s): a body and a head with one output."""

    def __init__(self, body: Body, generator: torch.Generator) -> None:
        """Weights of the head are drawn from `generator`."""
        super().__init__()
        self.body = body
        self.head = linear(body.features, 1, generator)

    def forward(self, observations: Tensor) -> Tensor:
        """Estimated return of every observation: [..., D] → [...]."""
        return self.head(self.body(observations)).squeeze(-1)  # type: ignore[no-any-return]


def symexp(x: Tensor) -> Tensor:
    """sign(x)·(e^|x| − 1), elementwise; its inverse is sign(x)·ln(|x| + 1)."""
    return torch.sign(x) * torch.expm1(torch.abs(x))


def parameter_count(*networks: nn.Module) -> int:
    """Number of trainable weights, those of a shared body once."""
    return sum(p.numel() for p in {p for network in networks for p in network.parameters()})


def matched_hidden_sizes(
    observation_size: int, actions: int, hidden_sizes: Sequence[int]
) -> tuple[int, ...]:
    """Narrower hidden sizes: two such bodies with heads count as one full body with two heads.

    The proportions of the layers stay; the nearest possible count is taken.
    """

    def count(sizes: Sequence[int], bodies: int) -> int:
        layers = [observation_size, *sizes]
        body = sum((i + 1) * o for i, o in pairwise(layers))
        return bodies * body + 2 * (layers[-1] + 1) * actions

    widest = max(hidden_sizes, default=0)
    candidates = [
        tuple(max(1, round(size * width / widest)) for size in hidden_sizes)
        for width in range(1, widest + 1)
    ]
    target = count(hidden_sizes, bodies=1)
    return min(candidates, key=lambda sizes: abs(count(sizes, bodies=2) - target), default=())
