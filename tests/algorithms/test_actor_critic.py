"""The actor-critics: their updates compared with the oracle, and their records."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import Any

import pytest
import torch
from torch import Tensor

from pglab.algorithms.actor_critic import ActorCriticRun, actor_critic, learn_from_replay, start
from pglab.algorithms.run import TrainingDiverged
from pglab.config import ActorCriticConfig
from pglab.networks import EpsilonGreedyPolicy, parameter_count
from pglab.records import EpisodeRecord, StepRecord, UpdateRecord
from pglab.session.train import train
from pglab.session.training_session import TrainingSession
from tests.oracles import advance_records, in_double, naive_episodes, of_type, repeat_outside, take
from tests.oracles_actor_critic import (
    CELLS,
    LossGradient,
    NaiveActorCritic,
    assert_follows,
    short_cell,
)

IN_DOUBLE = pytest.mark.usefixtures("no_rounding")
EVERY_CELL = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
STEPS = 66

SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "every step": {"rollout_steps": 1, "critic_updates": 1},
    "long rollouts": {"rollout_steps": 30},
    "Q": {"policy_signal": "q"},
    "advantage over the mean": {"policy_signal": "advantage_mean"},
    "symexp": {"symexp_heads": True, "policy_signal": "advantage_mean"},
    "critic only": {"critic_only": True, "policy_signal": "advantage_mean"},
    "critic trained alone": {"trained": "critic_only", "policy_signal": "q"},
    "heavy critic": {"value_loss_coefficient": 3.0},
    "weightless critic": {"value_loss_coefficient": 0.0},
    "no pull": {"q_regularization": 0.0, "gamma": 1.0},
    "strong pull": {"q_regularization": 2.0, "gamma": 0.5},
    "entropy bonus": {"entropy_coefficient": 0.5},
    "no gradient from the actor": {"stop_gradient": "actor"},
    "no gradient from the critic": {"stop_gradient": "critic"},
    "clipped": {"max_gradient_norm": 0.3, "policy_signal": "q"},
    "matched": {"match_parameters": True, "hidden_sizes": (12,)},
    "relu": {"activation": "relu", "seed": 2},
    "no hidden layers": {"hidden_sizes": ()},
    "everything": {
        "policy_signal": "advantage_mean",
        "symexp_heads": True,
        "value_loss_coefficient": 0.5,
        "entropy_coefficient": 0.2,
        "stop_gradient": "critic",
        "max_gradient_norm": 0.5,
        "match_parameters": True,
        "seed": 4,
    },
}


@pytest.fixture
def no_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convert the inputs of the losses to double precision, too."""
    double = partial(torch.as_tensor, dtype=torch.float64)
    monkeypatch.setattr("pglab.algorithms.actor_critic.tensor", double)


def naive(
    run: ActorCriticRun, oracle_class: type[NaiveActorCritic] = NaiveActorCritic
) -> NaiveActorCritic:
    """Make the oracle with the initial parameters of a run."""
    return oracle_class(run.config, run.agent)


# --- Comparison with the definition


@IN_DOUBLE
@EVERY_CELL
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_update_is_the_definition(cell: dict[str, str], settings: dict[str, Any]) -> None:
    run = in_double(start(short_cell(**cell, **settings)))
    updates = assert_follows(naive(run), run, actor_critic(run), steps=STEPS, tolerance=1e-6)
    assert len(updates) == run.updates == STEPS // run.config.rollout_steps
    assert any(update.critic is not None for update in updates)


@IN_DOUBLE
@EVERY_CELL
def test_settings_changed_on_the_way(cell: dict[str, str]) -> None:
    """While only the critic learns, the state of the actor's Adam optimiser does not change."""
    changes: dict[int, dict[str, Any]] = {
        3: {"learning_rate": 0.003, "critic_learning_rate": 0.001, "rollout_steps": 2},
        6: {"critic_only": True, "gamma": 0.9, "batch_size": 5, "critic_updates": 2},
        12: {"critic_only": False, "policy_signal": "q", "max_gradient_norm": 0.5},
        14: {"trained": "actor_only"},
        16: {"trained": "critic_only"},
        18: {
            "trained": "both",
            "entropy_coefficient": 0.1,
            "value_loss_coefficient": 2.0,
            "rollout_steps": 5,
        },
    }
    run = in_double(start(short_cell(**cell)))
    records = actor_critic(run)
    updates = assert_follows(naive(run), run, records, steps=STEPS, tolerance=1e-6, changes=changes)
    assert len(updates) > max(changes) + 3


@pytest.mark.parametrize(
    "config",
    [
        ActorCriticConfig.shared_on_policy(hidden_sizes=(16,)),
        ActorCriticConfig.split_replay(hidden_sizes=(16,), batch_size=16),
    ],
    ids=["shared on-policy", "split replay"],
)
def test_single_precision_stays_close(config: ActorCriticConfig) -> None:
    run = start(config)
    updates = assert_follows(naive(run), run, actor_critic(run), steps=100, tolerance=3e-4)
    assert len(updates) == 100 // config.rollout_steps


@EVERY_CELL
def test_the_short_runs_hold_what_the_tests_need(cell: dict[str, str]) -> None:
    """The critic learns from terminated and truncated steps, and the buffer is overwritten."""
    config = short_cell(**cell)
    records = list(advance_records(TrainingSession(config), "step", STEPS))
    steps = {step.global_step: step for step in of_type(StepRecord, records)}
    updates = of_type(UpdateRecord, records)
    ages = [(u.global_step, age) for u in updates if u.critic for age in u.critic.ages]
    learned = [steps[now - age] for now, age in ages]
    ends = {(step.terminated, step.truncated) for step in learned if step.ended}
    assert ends == {(True, False), (False, True)}
    if cell["critic_data"] == "replay":
        assert len(steps) > 2 * config.replay_capacity
        held = [update.critic is not None for update in updates]
        assert held[:3] == [False, True, True]  # a batch needs 6 steps; updates at 4, 8, 12


# --- Wrong versions of the oracle


class Merging(NaiveActorCritic):
    """A wrong version: truncated steps do not bootstrap, as if they were terminated."""

    def bootstraps(self, step: StepRecord) -> bool:
        return not (step.terminated or step.truncated)


class Endless(NaiveActorCritic):
    """A wrong version: every step bootstraps, even a terminated step."""

    def bootstraps(self, step: StepRecord) -> bool:
        return True


class CriticFirst(NaiveActorCritic):
    """A wrong version: the weights wₜ are computed at the update, after the critic's steps."""

    def actor_gradient(self) -> LossGradient:
        for kept in self.rollout:
            kept.signal = self.signal(kept.step)
        return super().actor_gradient()


class Remembering(NaiveActorCritic):
    """As in the seminar, log π keeps its computation graph from the time of acting."""

    def remembered(self) -> tuple[list[Tensor], list[Tensor]]:
        return [kept.log_pi for kept in self.rollout], self.rollout[0].actor_tensors


def follows(wrong: type[NaiveActorCritic], cell: dict[str, str]) -> bool:
    """True if the library agrees with this version of the oracle."""
    run = in_double(start(short_cell(**cell)))
    try:
        assert_follows(naive(run, wrong), run, actor_critic(run), steps=STEPS, tolerance=1e-4)
    except AssertionError:
        return False
    return True


@IN_DOUBLE
@EVERY_CELL
@pytest.mark.parametrize("wrong", [Merging, Endless], ids=lambda c: c.__name__)
def test_wrong_bootstraps_are_told_apart(
    cell: dict[str, str], wrong: type[NaiveActorCritic]
) -> None:
    assert not follows(wrong, cell)


@IN_DOUBLE
@pytest.mark.parametrize("name", ["shared replay", "split replay"])
def test_the_signal_is_that_of_acting_time(name: str) -> None:
    run = in_double(start(short_cell(**CELLS[name])))
    oracle = naive(run, CriticFirst)
    with pytest.raises(AssertionError, match="actor_loss"):
        assert_follows(oracle, run, actor_critic(run), steps=STEPS, tolerance=1e-4)


@IN_DOUBLE
@pytest.mark.parametrize("name", CELLS)
def test_log_pi_from_acting_time_differs_only_where_the_critic_moved_the_body(name: str) -> None:
    assert follows(Remembering, CELLS[name]) == (name != "shared replay")


def test_pytorch_refuses_log_pi_from_acting_time_in_a_shared_body_with_replay() -> None:
    run = start(short_cell(**CELLS["shared replay"]))
    take(actor_critic(run), 10)
    log_pi = run.agent.policy(torch.as_tensor(run.observation))
    assert run.buffer is not None
    assert learn_from_replay(run, run.buffer).batch is not None
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        log_pi[0].backward()


# --- Shared and split bodies


def test_a_shared_body_is_one_and_split_bodies_share_nothing() -> None:
    shared, split = (start(short_cell(body=body)) for body in ("shared", "split"))
    assert shared.agent.policy.body is shared.agent.critic.body
    assert shared.actor_optimizer is shared.critic_optimizer
    assert len(shared.agent.shared_parameters) == 4
    assert not set(split.agent.policy.parameters()) & set(split.agent.critic.parameters())
    assert split.actor_optimizer is not split.critic_optimizer
    assert split.agent.shared_parameters == []
    body = 5 * 6 + 7 * 5
    heads = 2 * 6 * 2
    assert parameter_count(shared.agent) == body + heads
    assert parameter_count(split.agent) == 2 * body + heads


def test_matched_bodies_are_narrower_and_only_where_split() -> None:
    def parameters(**settings: Any) -> int:
        return parameter_count(start(ActorCriticConfig(**settings)).agent)

    shared, matched = parameters(), parameters(body="split", match_parameters=True)
    assert shared == 4 * 128 + 128 + 128 * 128 + 128 + 2 * (128 * 2 + 2)
    assert matched == pytest.approx(shared, rel=0.02)
    assert parameters(match_parameters=True) == shared
    assert parameters(body="split") == 2 * shared - 2 * (128 * 2 + 2)


@EVERY_CELL
def test_only_a_shared_body_has_a_conflict(cell: dict[str, str]) -> None:
    updates = of_type(UpdateRecord, take(train(short_cell(**cell)), STEPS))
    compared = [update.conflict for update in updates if update.conflict is not None]
    assert bool(compared) == (cell["body"] == "shared")
    angles = [conflict.cosine for conflict in compared if conflict.actor_norm]
    assert all(abs(cosine) < 1 + 1e-6 for cosine in angles)


# --- Only the actor or only the critic learns


@EVERY_CELL
def test_an_actor_trained_alone_leaves_the_critics_own_weights(cell: dict[str, str]) -> None:
    """The same holds with the roles exchanged. A shared body changes in both cases."""
    for trained, still in (("actor_only", "critic"), ("critic_only", "policy")):
        run = start(short_cell(**cell, trained=trained))
        networks = run.networks
        before = {
            name: [p.detach().clone() for p in networks[name].parameters()]
            for name in ("policy", "critic")
        }
        list(islice(actor_critic(run), 60))
        own = [
            all(
                torch.equal(*pair) for pair in zip(before[n], networks[n].parameters(), strict=True)
            )
            for n in ("policy", "critic")
        ]
        head = torch.equal(before[still][-1], list(networks[still].parameters())[-1])
        assert head
        assert own[("policy", "critic").index(still)] == (cell["body"] == "split")


@EVERY_CELL
def test_critic_only_acts_on_q_and_leaves_the_actor_alone(cell: dict[str, str]) -> None:
    run = start(short_cell(**cell, critic_only=True))
    assert isinstance(run.networks["policy"], EpsilonGreedyPolicy)
    before = [p.detach().clone() for p in run.agent.policy.head.parameters()]
    critic_before = [p.detach().clone() for p in run.agent.critic.parameters()]
    records = take(actor_critic(run), STEPS)
    for step in of_type(StepRecord, records):
        assert sorted(step.action_probabilities) == pytest.approx([0.025, 0.975])
    assert all(update.actor_loss is None for update in of_type(UpdateRecord, records))
    after = zip(before, run.agent.policy.head.parameters(), strict=True)
    assert all(torch.equal(*pair) for pair in after)
    critic_after = zip(critic_before, run.agent.critic.parameters(), strict=True)
    assert not any(torch.equal(*pair) for pair in critic_after)


# --- Order and numbers of the records


@pytest.mark.parametrize(
    ("name", "rollout_steps"),
    [("shared on_policy", 1), ("split on_policy", 7), ("shared replay", 7), ("split replay", 16)],
)
def test_bookkeeping(name: str, rollout_steps: int) -> None:
    """Episodes begin and end within rollouts. The last rollout may be incomplete."""
    config = short_cell(
        **CELLS[name],
        rollout_steps=rollout_steps,
        hidden_sizes=(4,),
        critic_updates=1,
        eval_interval=100,
        smoothing_window=2,
        success_return=15.0,
        stop_when_solved=False,
    )
    records = list(train(config))
    steps = of_type(StepRecord, records)
    assert [step.global_step for step in steps] == list(range(1, config.total_steps + 1))
    assert of_type(EpisodeRecord, records) == naive_episodes(steps, config)
    order: list[type] = []
    for step in steps:
        order.append(StepRecord)
        if step.terminated or step.truncated:
            order.append(EpisodeRecord)
        if step.global_step % rollout_steps == 0:
            order.append(UpdateRecord)
    assert [type(record) for record in records] == order
    updates = of_type(UpdateRecord, records)
    assert [update.global_step for update in updates] == [
        rollout_steps * (n + 1) for n in range(config.total_steps // rollout_steps)
    ]


@EVERY_CELL
def test_steps_are_those_of_the_environment_and_of_the_random_streams(
    cell: dict[str, str],
) -> None:
    """A new environment and new random streams reproduce the steps; see `repeat_outside`."""
    config = short_cell(**cell, seed=9)
    repeat_outside(config, of_type(StepRecord, take(train(config), 150)))


@EVERY_CELL
@pytest.mark.parametrize("name", ["policy", "critic"])
def test_divergence_is_reported_before_anything_moves(cell: dict[str, str], name: str) -> None:
    run = start(short_cell(**cell))
    records = actor_critic(run)
    while not isinstance(next(records), UpdateRecord) or run.updates < 4:
        pass
    network = run.agent.policy if name == "policy" else run.agent.critic
    with torch.no_grad():
        network.head.bias[0] = torch.nan
    before = [p.detach().clone() for p in run.agent.parameters()]
    with pytest.raises(TrainingDiverged, match="learning rate"):
        list(records)
    for old, new in zip(before, run.agent.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), old, rtol=0, atol=0, equal_nan=True)
