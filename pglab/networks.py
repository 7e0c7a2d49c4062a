"""Policy and value networks: small multilayer perceptrons, each with a body and a head.

The body is the hidden layers. The head is the linear output layer.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh}


def use_one_thread() -> None:
    """Let PyTorch use only one thread. With small networks, more threads are slower.

    This function changes the whole process. So programs call this function, but the library never
    calls it.
    """
    torch.set_num_threads(1)


def linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer in single precision, with PyTorch's default initialisation.

    The parameters are drawn from `generator`. The class `nn.Linear` would draw the parameters from
    PyTorch's global random stream, which other runs use too.
    """
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs, dtype=torch.float32)
    nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
    bound = 1 / math.sqrt(inputs)
    nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return layer


class Body(nn.Sequential):
    """The hidden layers of a network.

    Each entry of `hidden_sizes` gives a linear layer and an activation. If `hidden_sizes` is empty,
    the output equals the input. `features` is the number of outputs.
    """

    def __init__(
        self,
        observation_size: int,
        hidden_sizes: Sequence[int],
        activation: str,
        generator: torch.Generator,
    ) -> None:
        """Draw the initial parameters from `generator`."""
        layers: list[nn.Module] = []
        self.features = observation_size
        for size in hidden_sizes:
            layers += [linear(self.features, size, generator), ACTIVATIONS[activation]()]
            self.features = size
        super().__init__(*layers)


class ActionNetwork(nn.Module):
    """A network with a body, and with a linear head that has one output per action.

    If `symexp_head` is true, the function `symexp` is applied to the outputs. If `stop_gradient` is
    true, no gradient of these outputs reaches the body.
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
        """Draw the initial parameters of the head from `generator`."""
        super().__init__()
        self.body = body
        self.head = linear(body.features, actions, generator)
        self._symexp_head = symexp_head
        self.stop_gradient = stop_gradient

    def forward(self, observations: Tensor) -> Tensor:
        """Compute the outputs for every action from observations: [..., D] → [..., A]."""
        return self.of_features(self.body(observations))

    def of_features(self, features: Tensor) -> Tensor:
        """Compute the outputs for every action from the body's outputs: [..., F] → [..., A]."""
        outputs: Tensor = self.head(features.detach() if self.stop_gradient else features)
        return symexp(outputs) if self._symexp_head else outputs


class PolicyNetwork(ActionNetwork):
    """The policy π(·|s). The outputs are the log-probabilities of all actions.

    The log-probabilities are the log-softmax of the head's outputs, which are logits.
    """

    def of_features(self, features: Tensor) -> Tensor:
        """Compute log π of every action from the body's outputs: [..., F] → [..., A]."""
        return torch.log_softmax(super().of_features(features), dim=-1)


class ActionValueNetwork(ActionNetwork):
    """The critic Q(s,·). The outputs are the values of all actions."""


class ActorCriticNetwork(nn.Module):
    """An actor and a critic. They share a body if both were made with the same `Body` object.

    `actor_parameters` are all parameters that the actor uses. `critic_parameters` are all
    parameters that the critic uses. `shared_parameters` are the parameters of a shared body.
    Without a shared body, `shared_parameters` is empty.
    """

    def __init__(self, policy: PolicyNetwork, critic: ActionValueNetwork) -> None:
        super().__init__()
        self.policy = policy
        self.critic = critic
        self._one_body = policy.body is critic.body
        self.actor_parameters = list(policy.parameters())
        self.critic_parameters = list(critic.parameters())
        self.shared_parameters = list(policy.body.parameters()) if self._one_body else []

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Compute log π and Q of every action: observations [..., D] → [..., A] and [..., A]."""
        features = self.policy.body(observations)
        others = features if self._one_body else self.critic.body(observations)
        return self.policy.of_features(features), self.critic.of_features(others)


class EpsilonGreedyPolicy(nn.Module):
    """The ε-greedy policy of a critic.

    With probability ε, the action is uniformly random. Otherwise, the action has the greatest Q.

    Source: Sutton & Barto (2018), section 2.2.
    """

    def __init__(self, critic: ActionValueNetwork, epsilon: float) -> None:
        super().__init__()
        self.critic = critic
        self._epsilon = epsilon

    def forward(self, observations: Tensor) -> Tensor:
        """Compute the log-probability of every action: observations [..., D] → [..., A]."""
        return self.of_values(self.critic(observations))

    def of_values(self, values: Tensor) -> Tensor:
        """Compute the log-probability of every action from Q(s,·): [..., A] → [..., A]."""
        actions = values.shape[-1]
        greedy = nn.functional.one_hot(values.argmax(dim=-1), actions).to(values.dtype)
        return torch.log(greedy * (1 - self._epsilon) + self._epsilon / actions)


class ValueNetwork(nn.Module):
    """The value function V(s): a body, and a head with one output."""

    def __init__(self, body: Body, generator: torch.Generator) -> None:
        """Draw the initial parameters of the head from `generator`."""
        super().__init__()
        self.body = body
        self.head = linear(body.features, 1, generator)

    def forward(self, observations: Tensor) -> Tensor:
        """The estimated return from every observation: [..., D] → [...]."""
        return self.head(self.body(observations)).squeeze(-1)  # type: ignore[no-any-return]


def copies_of(networks: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    """Copies of networks with their present parameters, for computing outputs while a run trains.

    Parts that several networks share are shared among the copies, too. The copies need no
    gradients. `copy.deepcopy` needs about five times as long.
    """
    made: dict[nn.Module, nn.Module] = {}
    return {name: _copy_of(network, made) for name, network in networks.items()}


def _copy_of(module: nn.Module, made: dict[nn.Module, nn.Module]) -> nn.Module:
    if module not in made:
        made[module] = twin = copy.copy(module)
        twin._parameters = {
            name: None if p is None else nn.Parameter(p.detach().clone(), requires_grad=False)
            for name, p in module._parameters.items()
        }
        twin._modules = {
            name: None if child is None else _copy_of(child, made)
            for name, child in module._modules.items()
        }
    return made[module]


def symexp(x: Tensor) -> Tensor:
    """Compute sign(x)·(e^|x| − 1) for each element. The inverse is sign(x)·ln(|x| + 1)."""
    return torch.sign(x) * torch.expm1(torch.abs(x))


def parameter_count(*networks: nn.Module) -> int:
    """The number of trainable parameters. The parameters of a shared body count only once."""
    return sum(p.numel() for p in {p for network in networks for p in network.parameters()})


def matched_hidden_sizes(
    observation_size: int, actions: int, hidden_sizes: Sequence[int]
) -> tuple[int, ...]:
    """Layer sizes for two split bodies that match the parameter count of one shared body.

    `hidden_sizes` are the layer sizes of the shared body. The function multiplies each size by the
    same factor, and rounds the result. The factor is chosen so that the two parameter counts,
    including the heads, are as equal as possible.
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
