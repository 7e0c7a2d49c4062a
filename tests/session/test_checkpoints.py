"""Checkpoints are few and small; recent ones are close together; training does not change them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from torch.optim import Optimizer

from pglab.algorithms.agents import AgentConfig, AgentRun, records_of_step
from pglab.session.rewinding import checkpoints
from pglab.session.rewinding.checkpoints import MOST_CHECKPOINTS, SHORTEST_SPACING, least_missed
from pglab.session.rewinding.packed import packed
from pglab.session.training_session import TrainingSession
from tests.oracles import short_config
from tests.oracles_actor_critic import short_cell


def test_the_one_that_leaves_the_smallest_gap_for_its_age_goes() -> None:
    assert least_missed([0, 100, 200, 300]) == 1
    assert least_missed([0, 10, 200, 290, 300]) == 1
    assert least_missed([0, 100, 200, 297, 298, 300]) == 1
    assert least_missed([0, 150, 155, 160, 300]) == 2


def test_a_long_run_keeps_few_and_mostly_recent_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "SHORTEST_SPACING", 10)
    monkeypatch.setattr(checkpoints, "SPACING_SHARE", 0.0)
    session = TrainingSession(short_config(total_steps=1_000, stop_when_solved=False))
    session.advance("step", 1_000)
    steps = [point.global_step for point in session.checkpoints]
    assert len(steps) == MOST_CHECKPOINTS
    assert (steps[0], steps[-1]) == (0, 990)
    later = sum(step > 500 for step in steps)
    assert later > 2 * (MOST_CHECKPOINTS - later)


def test_large_networks_keep_few_but_the_first_and_last_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 1)
    monkeypatch.setattr(checkpoints, "FEWEST_CHECKPOINTS", 3)
    session = TrainingSession(short_cell(critic_data="replay", total_steps=5_000))
    session.advance("step", 6 * SHORTEST_SPACING + 1)
    steps = [point.global_step for point in session.checkpoints]
    assert len(steps) == 3
    assert (steps[0], steps[-1]) == (0, 6 * SHORTEST_SPACING)


def test_buffers_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST_BYTES_WITH_BUFFER", 1)
    session = TrainingSession(short_cell(critic_data="replay", total_steps=2_000))
    session.advance("step", 3 * SHORTEST_SPACING + 1)
    assert [point.global_step for point in session.checkpoints] == [0, 3 * SHORTEST_SPACING]


def test_a_session_that_cannot_rewind_keeps_none() -> None:
    session = TrainingSession(short_config(), can_rewind=False)
    session.advance("step", 2 * SHORTEST_SPACING)
    assert session.checkpoints == ()
    session.change(gamma=0.5)


CELLS = [
    short_config(),
    short_cell(body="shared", critic_data="on_policy"),
    short_cell(body="split", critic_data="replay"),
]


@pytest.mark.parametrize("config", CELLS)
def test_a_copy_shares_nothing_that_training_changes(config: AgentConfig) -> None:
    session = TrainingSession(config, can_rewind=False)
    session.advance("step", 100)
    run, copied = session.copy_of_run(), session.copy_of_run()
    unpacked = packed(run).unpacked()
    plain = copy.deepcopy(run)
    before = parameters_of(run)
    for steps in (100, 80):  # the second part needs Adam's state from the first part
        for other in (copied, unpacked, plain):
            train(other, steps)
        assert parameters_of(copied) == parameters_of(unpacked) == parameters_of(plain)
        assert copied.global_step == unpacked.global_step == plain.global_step
    assert parameters_of(run) == before
    assert parameters_of(copied) != before
    for other in (copied, unpacked):
        owned = {id(p) for network in other.networks.values() for p in network.parameters()}
        stepped = {id(p) for group in optimisers_of(other) for p in group["params"]}
        assert stepped <= owned, "an optimiser must train its own run"


def train(run: AgentRun, steps: int) -> None:
    for _step in range(steps):
        for _record in records_of_step(run):
            pass


def optimisers_of(run: AgentRun) -> list[dict[str, Any]]:
    found = [part for part in vars(run).values() if isinstance(part, Optimizer)]
    return [group for optimiser in found for group in optimiser.param_groups]


def parameters_of(run: AgentRun) -> list[list[float]]:
    networks = run.networks.values()
    return [p.detach().flatten().tolist() for of in networks for p in of.parameters()]


def test_a_diverged_run_goes_back_to_where_it_was_sound() -> None:
    session = TrainingSession(
        short_config(learning_rate=1.0, min_batch_steps=1, engine="reference")
    )
    session.advance("step", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pglab.algorithms.reinforce.policy_gradient_loss",
            lambda log_probs, _weights: log_probs.sum() * float("nan"),
        )
        session.advance("update")
    assert session.outcome == "diverged"
    session.rewind(session.checkpoints[0])
    assert session.problem is None
    assert not session.finished
    assert [point.global_step for point in session.checkpoints] == [0]
    session.advance("update")
    assert session.history.updates.appended == 1


def test_a_change_drops_the_future() -> None:
    session = TrainingSession(short_config(total_steps=2_000))
    session.advance("step", 2 * SHORTEST_SPACING + 1)
    session.rewind(session.checkpoints[1])
    assert len(session.checkpoints) == 4
    session.change(gamma=0.5)
    assert [point.global_step for point in session.checkpoints] == [0, SHORTEST_SPACING]
    assert session.checkpoints[1].config.gamma != 0.5


def test_a_finished_run_can_go_back_and_ends_again() -> None:
    session = TrainingSession(short_config(total_steps=1_000, stop_when_solved=False))
    session.advance("step", 1_000)
    outcomes = [session.outcome]
    session.rewind(session.checkpoints[0])
    outcomes.append(session.outcome)
    session.rewind(session.checkpoints[-1])
    outcomes.append(session.outcome)
    assert session.global_step == 1_000
    assert outcomes == ["total_steps", None, "total_steps"]
