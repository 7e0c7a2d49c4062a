"""The initialisation, shapes, heads and sizes of the networks."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pglab.networks import (
    ActionValueNetwork,
    ActorCriticNetwork,
    Body,
    EpsilonGreedyPolicy,
    PolicyNetwork,
    ValueNetwork,
    copies_of,
    linear,
    matched_hidden_sizes,
    parameter_count,
    symexp,
)


def generator(seed: int = 0) -> torch.Generator:
    """Make a new random generator of PyTorch."""
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
    def body() -> Body:
        return Body(4, hidden_sizes, activation, generator())

    assert body().features == [4, *hidden_sizes][-1]
    policy = PolicyNetwork(body(), 3, generator())
    critic = ActionValueNetwork(body(), 3, generator())
    value = ValueNetwork(body(), generator())
    for network, outputs in [(policy, 3), (critic, 3), (value, 1)]:
        layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
        widths = [(layer.in_features, layer.out_features) for layer in layers]
        assert widths == list(pairwise([4, *hidden_sizes, outputs]))
        squashes = nn.ReLU if activation == "relu" else nn.Tanh
        assert sum(isinstance(module, squashes) for module in network.modules()) == len(
            hidden_sizes
        )
    for leading in [(), (7,), (2, 5)]:
        observations = torch.zeros(*leading, 4)
        assert policy(observations).shape == critic(observations).shape == (*leading, 3)
        assert value(observations).shape == leading


def test_a_policy_gives_log_probabilities() -> None:
    policy = PolicyNetwork(Body(4, (8,), "tanh", generator()), 3, generator())
    observations = torch.randn(50, 4, generator=generator(1)) * 5
    with torch.no_grad():
        total = policy(observations).exp().sum(dim=-1)
    np.testing.assert_allclose(total.numpy(), np.ones(50), rtol=1e-6)


def test_all_weights_come_from_the_generator() -> None:
    def weights(seed: int) -> Tensor:
        stream = generator(seed)
        policy = PolicyNetwork(Body(4, (5, 3), "relu", stream), 2, stream)
        return torch.cat([parameter.flatten() for parameter in policy.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not (weights(1) == weights(2)).any()


# --- Symexp heads


def test_symexp_is_the_inverse_of_symlog() -> None:
    x = torch.tensor([-5.0, -1.0, -1e-6, 0.0, 1e-6, 1.0, 5.0], dtype=torch.float64)
    y = symexp(x)
    expected = [-(math.e**5) + 1, -math.e + 1, -1e-6, 0, 1e-6, math.e - 1, math.e**5 - 1]
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6)
    torch.testing.assert_close(torch.sign(y) * torch.log1p(y.abs()), x)


def test_symexp_heads_pass_logits_and_values_through_symexp() -> None:
    body = Body(4, (8,), "tanh", generator())
    observations = torch.randn(20, 4, generator=generator(1))
    plain, bent = (
        ActionValueNetwork(body, 3, generator(2), symexp_head=on) for on in (False, True)
    )
    torch.testing.assert_close(bent(observations), symexp(plain(observations)))
    policy = PolicyNetwork(body, 3, generator(2), symexp_head=True)
    expected = torch.log_softmax(bent(observations), dim=-1)
    torch.testing.assert_close(policy(observations), expected)


# --- Two heads


def two_heads(*, shared: bool, stop_gradient: str = "none") -> ActorCriticNetwork:
    """Make an actor and a critic, with a shared body or with split bodies."""
    stream = generator()
    body = Body(4, (8,), "tanh", stream)
    other = body if shared else Body(4, (8,), "tanh", stream)
    return ActorCriticNetwork(
        PolicyNetwork(body, 2, stream, stop_gradient=stop_gradient == "actor"),
        ActionValueNetwork(other, 2, stream, stop_gradient=stop_gradient == "critic"),
    )


@pytest.mark.parametrize("shared", [True, False])
def test_both_outputs_are_those_of_the_two_networks(shared: bool) -> None:
    agent = two_heads(shared=shared)
    observations = torch.randn(7, 4, generator=generator(1))
    log_pi, q = agent(observations)
    assert torch.equal(log_pi, agent.policy(observations))
    assert torch.equal(q, agent.critic(observations))
    assert len(agent.actor_parameters) == len(agent.critic_parameters) == 4
    assert len(agent.shared_parameters) == (2 if shared else 0)


@pytest.mark.parametrize("stopped", ["none", "actor", "critic"])
def test_stopped_gradients_do_not_reach_the_body(stopped: str) -> None:
    for output, name in enumerate(["actor", "critic"]):
        agent = two_heads(shared=True, stop_gradient=stopped)
        agent(torch.ones(4))[output][0].backward()
        body = [parameter.grad is not None for parameter in agent.policy.body.parameters()]
        assert body == [stopped != name] * 2
        heads = [agent.policy.head, agent.critic.head]
        assert [head.weight.grad is not None for head in heads] == [name == "actor", output == 1]


# --- ε-greedy


def test_epsilon_greedy() -> None:
    critic = ActionValueNetwork(Body(2, (), "tanh", generator()), 2, generator())
    with torch.no_grad():
        critic.head.weight.copy_(torch.eye(2))
        critic.head.bias.zero_()
    policy = EpsilonGreedyPolicy(critic, 0.1)
    observations = torch.tensor([[3.0, 1.0], [-2.0, -1.0]])
    expected = torch.tensor([[0.95, 0.05], [0.05, 0.95]])
    torch.testing.assert_close(policy(observations).exp(), expected)
    torch.testing.assert_close(policy(observations[0]).exp(), expected[0])
    with torch.no_grad():
        critic.head.weight.mul_(-1)
    torch.testing.assert_close(policy(observations).exp(), expected.flip(1))


def test_epsilon_greedy_with_three_actions() -> None:
    critic = ActionValueNetwork(Body(2, (), "tanh", generator()), 3, generator())
    log_pi = EpsilonGreedyPolicy(critic, 0.3).of_values(torch.tensor([1.0, 5.0, 2.0]))
    torch.testing.assert_close(log_pi.exp(), torch.tensor([0.1, 0.8, 0.1]))


# --- Sizes


def test_parameter_count_counts_a_shared_body_once() -> None:
    body, head = 4 * 8 + 8, 8 * 2 + 2
    shared, split = two_heads(shared=True), two_heads(shared=False)
    assert parameter_count(shared) == body + 2 * head
    assert parameter_count(shared.policy, shared.critic) == body + 2 * head
    assert parameter_count(split) == 2 * body + 2 * head
    assert parameter_count(split.policy) == body + head
    assert parameter_count() == 0


@pytest.mark.parametrize("shared", [True, False])
def test_copies_stay_as_they_are_when_the_networks_change(shared: bool) -> None:
    agent = two_heads(shared=shared)
    greedy = EpsilonGreedyPolicy(agent.critic, 0.1)
    networks = {"agent": agent, "policy": agent.policy, "critic": agent.critic, "greedy": greedy}
    observations = torch.randn(5, 4, generator=generator(3))
    copies = copies_of(networks)
    before = [outputs(network, observations) for network in networks.values()]
    with torch.no_grad():
        for parameter in agent.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator(4)))
    for network, copied, expected in zip(networks.values(), copies.values(), before, strict=True):
        assert all(map(torch.equal, outputs(copied, observations), expected))
        assert not all(map(torch.equal, outputs(network, observations), expected))
    copied_agent = copies["agent"]
    assert isinstance(copied_agent, ActorCriticNetwork)
    assert copied_agent.policy is copies["policy"]
    assert (copied_agent.policy.body is copied_agent.critic.body) == shared


def outputs(network: nn.Module, observations: Tensor) -> tuple[Tensor, ...]:
    found = network(observations)
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("hidden_sizes", [(128, 128), (64,), (32, 64), (100, 50, 25), (8,) * 4])
def test_matched_sizes_come_nearest_to_the_count_of_a_shared_body(
    hidden_sizes: tuple[int, ...],
) -> None:
    def count(sizes: tuple[int, ...], *, shared: bool) -> int:
        stream = generator()
        body = Body(4, sizes, "tanh", stream)
        other = body if shared else Body(4, sizes, "tanh", stream)
        heads = PolicyNetwork(body, 2, stream), ActionValueNetwork(other, 2, stream)
        return parameter_count(*heads)

    matched = matched_hidden_sizes(4, 2, hidden_sizes)
    target = count(hidden_sizes, shared=True)
    found = count(matched, shared=False)
    assert len(matched) == len(hidden_sizes)
    assert found == pytest.approx(target, rel=0.15)
    ratios = np.array(matched) / np.array(hidden_sizes)
    np.testing.assert_allclose(ratios, ratios.mean(), atol=1 / min(hidden_sizes))
    for change in (-1, 1):
        widest = max(matched) + change
        neighbour = tuple(max(1, round(s * widest / max(hidden_sizes))) for s in hidden_sizes)
        assert abs(found - target) <= abs(count(neighbour, shared=False) - target)


def test_matched_sizes_of_the_seminar() -> None:
    # Parameters with a shared body: 640 + 16,512 in the body, and 516 in the heads.
    # Parameters with two bodies of width w: 2·(w² + 6·w) + 4·w + 4.
    assert matched_hidden_sizes(4, 2, (128, 128)) == (90, 90)
    assert 2 * (90**2 + 6 * 90) + 4 * 90 + 4 == 17_668 - 24
    assert matched_hidden_sizes(4, 2, ()) == ()
    assert matched_hidden_sizes(4, 2, (1,)) == (1,)
