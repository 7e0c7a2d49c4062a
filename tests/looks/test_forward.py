"""The policy for one observation, which NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pglab.looks.forward import policy_of_one
from pglab.looks.probes import action_probabilities
from pglab.networks import ActionValueNetwork, Body, EpsilonGreedyPolicy, PolicyNetwork

OBSERVATIONS = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)


def body(hidden_sizes: tuple[int, ...], activation: str) -> tuple[Body, torch.Generator]:
    generator = torch.Generator().manual_seed(1)
    return Body(3, hidden_sizes, activation, generator), generator


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("hidden_sizes", [(), (16,), (8, 512)])
def test_one_observation_gives_the_probabilities_of_the_network(
    hidden_sizes: tuple[int, ...], activation: str
) -> None:
    made, generator = body(hidden_sizes, activation)
    policy = PolicyNetwork(made, 4, generator)
    at = policy_of_one(policy)
    for scale in (1.0, 30.0):  # the second time with other parameters, which give certain actions
        with torch.no_grad():
            for parameter in policy.parameters():
                parameter.mul_(scale)
        found = np.stack([at(observation) for observation in OBSERVATIONS])
        assert found.dtype == np.float32
        with torch.inference_mode():
            expected = policy(torch.from_numpy(OBSERVATIONS)).exp().numpy()
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-6)


def test_an_epsilon_greedy_policy_chooses_by_its_critic() -> None:
    made, generator = body((8,), "relu")
    critic = ActionValueNetwork(made, 2, generator)
    policy = EpsilonGreedyPolicy(critic, 0.2)
    found = np.stack([policy_of_one(policy)(observation) for observation in OBSERVATIONS])
    np.testing.assert_allclose(found, action_probabilities(policy, OBSERVATIONS), rtol=1e-6)
    assert set(found.round(3).flat) == {np.float32(0.1), np.float32(0.9)}


def test_too_large_parameters_give_nan_as_in_the_network() -> None:
    made, generator = body((8,), "relu")
    policy = PolicyNetwork(made, 2, generator)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.fill_(1e38)
    found = policy_of_one(policy)(np.ones(3, np.float32))
    assert np.isnan(found).all()
    assert np.isnan(action_probabilities(policy, np.ones((1, 3), np.float32))).all()
