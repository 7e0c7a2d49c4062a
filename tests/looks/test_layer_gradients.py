"""The gradients of the actor's and the critic's loss on each layer of an actor-critic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.gradients import Gradient, conflict_between, gradient, norm
from pglab.config import ActorCriticConfig
from pglab.looks.layer_gradients import fresh_gradients, layer_gradients
from pglab.losses import entropy, of_actions, policy_gradient_loss, td_loss
from pglab.networks import ActorCriticNetwork
from pglab.records import StepRecord, UpdateRecord
from pglab.replay_buffer import Transitions, transitions
from pglab.returns import policy_signal, td_targets
from pglab.session.training_session import TrainingSession
from tests.oracles import advance_records, of_type
from tests.oracles_actor_critic import short_cell


def gradients_by_autograd(
    agent: ActorCriticNetwork, config: ActorCriticConfig, batch: Transitions
) -> tuple[Gradient, Gradient]:
    """Compute the gradients of both losses from `pglab.losses` with PyTorch's autograd."""
    actions = torch.as_tensor(batch.actions)
    log_pi, q_values = agent(torch.as_tensor(batch.observations, dtype=torch.float32))
    with torch.no_grad():
        next_values = agent.critic(torch.as_tensor(batch.next_observations, dtype=torch.float32))
    targets = td_targets(batch.rewards, batch.terminated, next_values.numpy(), config.gamma)
    critic_loss = config.value_loss_coefficient * td_loss(
        q_values, actions, torch.as_tensor(targets, dtype=torch.float32), config.q_regularization
    )
    values, pi = q_values.detach().numpy(), log_pi.detach().exp().numpy()
    steps = zip(values, pi, batch.actions, strict=True)
    weights = [policy_signal(config.policy_signal, *step) for step in steps]
    actor_loss = policy_gradient_loss(of_actions(log_pi, actions), torch.tensor(weights))
    actor_loss = actor_loss - config.entropy_coefficient * entropy(log_pi)
    return (
        gradient(actor_loss, agent.actor_parameters),
        gradient(critic_loss, agent.critic_parameters),
    )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"activation": "relu"},
        {"hidden_sizes": ()},
        {"hidden_sizes": (7,), "body": "split"},
        {"policy_signal": "q"},
        {"policy_signal": "advantage_mean", "entropy_coefficient": 0.3},
        {"symexp_heads": True, "value_loss_coefficient": 3.0, "q_regularization": 2.0},
        {"stop_gradient": "actor"},
        {"stop_gradient": "critic"},
    ],
)
def test_gradients_are_those_of_autograd(settings: dict[str, Any]) -> None:
    config = short_cell(**settings)
    session = TrainingSession(config)
    batch = transitions(of_type(StepRecord, advance_records(session, "step", 60)))
    agent = session.networks["agent"]
    assert isinstance(agent, ActorCriticNetwork)
    expected = gradients_by_autograd(agent, config, batch)
    found = fresh_gradients(agent, config, batch)
    for own, theirs in zip(found, expected, strict=True):
        assert set(own) == set(theirs)
        scale = norm(theirs)
        for parameter, derivatives in theirs.items():
            assert own[parameter].shape == derivatives.shape
            torch.testing.assert_close(
                own[parameter] / scale, derivatives / scale, rtol=1e-5, atol=1e-6
            )


def first_batch(session: TrainingSession) -> Transitions:
    """Return the first 12 transitions of a run."""
    return transitions(of_type(StepRecord, advance_records(session, "step", 12)))


@pytest.mark.parametrize(
    "settings",
    [{}, {"value_loss_coefficient": 3.0}, {"seed": 1}, {"entropy_coefficient": 0.5}],
)
def test_layer_gradients_are_those_of_the_next_update(settings: dict[str, Any]) -> None:
    """The layer gradients are computed before an on-policy update, from the same rollout."""
    config = short_cell(rollout_steps=12, **settings)
    session = TrainingSession(config)
    (*_, update) = advance_records(TrainingSession(config), "update")
    batch = first_batch(TrainingSession(config))
    agent = session.networks["agent"]
    assert isinstance(agent, ActorCriticNetwork)
    layers = layer_gradients(agent, *fresh_gradients(agent, config, batch))
    assert isinstance(update, UpdateRecord)
    assert [(layer.part, layer.outputs) for layer in layers] == [
        ("body", 6),
        ("body", 5),
        ("policy head", 2),
        ("critic head", 2),
    ]
    assert layers[2].critic is None
    assert layers[3].actor is None
    actor = np.linalg.norm([layer.actor for layer in layers if layer.actor is not None])
    critic = np.linalg.norm([layer.critic for layer in layers if layer.critic is not None])
    assert actor == pytest.approx(update.actor_gradient_norm, rel=1e-4)
    assert critic == pytest.approx(update.critic_gradient_norm, rel=1e-4)
    assert update.conflict is not None
    conflict = conflict_between(*fresh_gradients(agent, config, batch))
    assert conflict == pytest.approx(update.conflict, rel=1e-4)


@pytest.mark.parametrize("stopped", ["actor", "critic"])
def test_a_stopped_gradient_is_none_in_the_body(stopped: str) -> None:
    session = TrainingSession(short_cell(stop_gradient=stopped))
    batch = first_batch(session)
    agent = session.networks["agent"]
    assert isinstance(agent, ActorCriticNetwork)
    for layer in layer_gradients(agent, *fresh_gradients(agent, short_cell(), batch))[:2]:
        assert (layer.actor is None) == (stopped == "actor")
        assert (layer.critic is None) == (stopped == "critic")


def test_a_resting_actor_asks_for_nothing() -> None:
    config = short_cell(critic_only=True)
    session = TrainingSession(config)
    batch = first_batch(session)
    agent = session.networks["agent"]
    assert isinstance(agent, ActorCriticNetwork)
    actor, critic = fresh_gradients(agent, config, batch)
    assert actor == {}
    assert set(critic) == set(agent.critic_parameters)


def test_without_a_step_neither_loss_asks_for_anything() -> None:
    config = short_cell()
    agent = TrainingSession(config).networks["agent"]
    assert isinstance(agent, ActorCriticNetwork)
    assert fresh_gradients(agent, config, transitions([])) == ({}, {})


def test_split_bodies_are_named_apart() -> None:
    session = TrainingSession(short_cell(body="split"))
    batch = first_batch(session)
    agent = session.networks["agent"]
    assert isinstance(agent, ActorCriticNetwork)
    layers = layer_gradients(agent, *fresh_gradients(agent, short_cell(body="split"), batch))
    assert [layer.part for layer in layers] == [
        *["actor body"] * 2,
        *["critic body"] * 2,
        "policy head",
        "critic head",
    ]
    split = fresh_gradients(agent, short_cell(body="split"), batch)
    assert conflict_between(*split) is None
    assert [layer.critic is None for layer in layers] == [True, True, False, False, True, False]
    assert [layer.actor is None for layer in layers] == [False, False, True, True, False, True]
