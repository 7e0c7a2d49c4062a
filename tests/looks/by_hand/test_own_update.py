"""An update from a visitor's episode is the update that training would make of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.looks.by_hand.own_episode import OwnEpisode
from pglab.looks.by_hand.own_update import own_update
from pglab.looks.by_hand.policy_data import policy_data
from pglab.records import StepRecord, UpdateRecord
from pglab.session.training_session import TrainingSession
from tests.oracles import advance_records, naive_returns, of_type
from tests.oracles_actor_critic import CELLS

COMMON: dict[str, Any] = {
    "seed": 3, "hidden_sizes": (16,), "engine": "reference", "stop_when_solved": False,
}  # fmt: skip
REINFORCE = ReinforceConfig(**COMMON, min_batch_steps=1, entropy_coefficient=0.01)


def own_episode(steps: list[StepRecord]) -> OwnEpisode:
    """The episode of these steps, as if a visitor had played it."""
    seen = np.array([*(step.observation for step in steps), steps[-1].next_observation])
    return OwnEpisode(
        player="you",
        random_start=True,
        states=seen.astype(np.float64),
        observations=seen,
        actions=np.array([step.action for step in steps]),
        worlds=np.tile([0.5, 9.8, 0.0], (len(steps), 1)),
        pushes=np.zeros((len(steps), 2)),
        terminated=steps[-1].terminated,
    )


def parameters(network: nn.Module) -> list[list[float]]:
    return [parameter.flatten().tolist() for parameter in network.parameters()]


@pytest.mark.parametrize("baseline", ["none", "mean", "value"])
@pytest.mark.parametrize("form", ["reward_to_go", "whole_episode"])
def test_reinforce_learns_as_from_its_own_episode(baseline: str, form: str) -> None:
    config = REINFORCE.changed(baseline=baseline, return_form=form)
    session, other = TrainingSession(config), TrainingSession(config)
    for each in (session, other):
        each.advance("episode", 2)
    records = advance_records(other, "episode", 1)
    steps, updates = of_type(StepRecord, records), of_type(UpdateRecord, records)
    found = own_update(session, own_episode(steps))
    for name, network in other.networks.items():
        assert parameters(found.after[name]) == parameters(network)
    np.testing.assert_array_equal(found.weights, updates[0].weights)
    rewards, ends = [step.reward for step in steps], [step.ended for step in steps]
    np.testing.assert_allclose(found.returns, naive_returns(rewards, ends, config.gamma))


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("signal", ["advantage_max", "advantage_mean"])
def test_an_actor_critic_learns_as_from_its_own_rollout(cell: dict[str, Any], signal: str) -> None:
    config: AgentConfig = ActorCriticConfig(
        **COMMON, **cell, policy_signal=signal, batch_size=4, critic_updates=2, rollout_steps=2_048
    )
    first = of_type(StepRecord, advance_records(TrainingSession(config), "episode", 1))
    config = config.changed(rollout_steps=len(first))
    other = TrainingSession(config)
    (update,) = of_type(UpdateRecord, advance_records(other, "update", 1))
    found = own_update(TrainingSession(config), own_episode(first))
    # Training computes the weights step by step, so their last digits may be rounded differently.
    np.testing.assert_allclose(found.weights, update.weights, rtol=1e-5)
    pairs = zip(parameters(found.after["agent"]), parameters(other.networks["agent"]), strict=True)
    for one, true in pairs:
        np.testing.assert_allclose(one, true, atol=1e-5)
    changed = parameters(found.before["agent"])[0]
    assert np.abs(np.subtract(changed, parameters(found.after["agent"])[0])).max() > 1e-4


def test_the_change_is_that_of_log_pi_and_the_run_stays() -> None:
    session = TrainingSession(REINFORCE)
    steps = of_type(StepRecord, advance_records(session, "episode", 1))
    before = parameters(session.networks["policy"])
    found = own_update(session, own_episode(steps))
    assert parameters(session.networks["policy"]) == before == parameters(found.before["policy"])
    observations = torch.tensor(np.array([step.observation for step in steps]))
    actions = [step.action for step in steps]
    with torch.no_grad():
        old, new = (of["policy"](observations).numpy() for of in (found.before, found.after))
    rows = np.arange(len(steps))
    np.testing.assert_allclose(found.change, (new - old)[rows, actions], atol=1e-6)
    assert found.change.any()


def test_policies_that_are_not_finite_are_known() -> None:
    session = TrainingSession(REINFORCE)
    assert policy_data(session.networks["policy"], REINFORCE).finite
    with torch.no_grad():
        next(session.networks["policy"].parameters())[0, 0] = torch.nan
    assert not policy_data(session.networks["policy"], REINFORCE).finite
