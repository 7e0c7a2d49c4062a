"""Agents side by side: in lock step, as if each ran alone, and with their differences in words."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.comparison import PAIRS, Comparison, Side, differences_between, mean_curve, pair_of
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.pacing import Pacemaker
from pglab.records import EpisodeRecord
from pglab.training import train
from tests.oracles import of_type

QUICK = {"hidden_sizes": (8,), "total_steps": 1000}
AGENTS = (
    ReinforceConfig(**QUICK, min_batch_steps=16),  # type: ignore[arg-type]
    ActorCriticConfig.split_replay(**QUICK),
)

SPLIT = ActorCriticConfig(body="split")


@pytest.mark.parametrize("name", ["body", "data", "frequency", "gamma", "learning_rate"])
def test_a_pair_that_says_only_differs_in_one_thing(name: str) -> None:
    assert len(differences_between(PAIRS[name].configs)) == 1
    assert pair_of(PAIRS[name].configs) == name


def test_the_seminars_agents_differ_in_seven_things() -> None:
    found = {d.label: d.values for d in differences_between(PAIRS["seminar"].configs)}
    assert found == {
        "Learning rate α": ("0.001", "0.0005"),
        "Body": ("shared", "split"),
        "Critic learns from": ("on_policy", "replay"),
        "Steps per update": ("1", "16"),
        "Learning rate of the critic": ("0.001", "0.00025"),
        "Critic batch": ("1", "64"),
        "Critic steps per update": ("1", "4"),
    }


def test_a_rate_that_one_optimiser_hides_counts_as_what_it_is() -> None:
    labels = [d.label for d in differences_between([ActorCriticConfig(), SPLIT])]
    assert labels == ["Body", "Learning rate of the critic"]
    same_rate = SPLIT.changed(critic_learning_rate=1e-3)
    assert [d.label for d in differences_between([ActorCriticConfig(), same_rate])] == ["Body"]


def test_the_cells_are_four_and_differ_in_what_replay_brings_along() -> None:
    configs = PAIRS["cells"].configs
    labels = [found.label for found in differences_between(configs)]
    assert labels == ["Body", "Critic learns from", "Critic batch", "Critic steps per update"]
    assert len({(c.body, c.critic_data) for c in configs}) == 4  # type: ignore[union-attr]


def test_settings_without_effect_and_seeds_are_no_difference() -> None:
    one, other = ActorCriticConfig(), ActorCriticConfig(batch_size=32, seed=3)
    assert differences_between([one, other]) == []
    with_replay = [config.changed(critic_data="replay") for config in (one, other)]
    assert [found.values for found in differences_between(with_replay)] == [("64", "32")]


def test_another_algorithm_is_named_first() -> None:
    found = differences_between(AGENTS)[0]
    assert (found.label, found.values) == ("algorithm", ("REINFORCE", "actor-critic"))


def test_an_agent_runs_as_it_would_alone() -> None:
    comparison = Comparison(AGENTS, seeds=2, first_seed=4)
    comparison.advance(300)
    comparison.advance(145)
    for side, config in zip(comparison.sides, AGENTS, strict=True):
        for number, session in enumerate(side.sessions, start=4):
            assert session.global_step == comparison.global_step == 445
            alone = of_type(EpisodeRecord, train(config.changed(seed=number)))  # type: ignore[arg-type]
            expected = [record.episode_return for record in alone if record.global_step <= 445]
            assert session.history.episodes["episode_return"].tolist() == expected


def test_success_does_not_stop_a_side() -> None:
    easy = {"success_return": 5.0, "smoothing_window": 1, "eval_interval": 100}
    comparison = Comparison([agent.changed(**easy) for agent in AGENTS], seeds=1)
    comparison.advance(2000)
    assert [session.global_step for session in comparison.sessions] == [1000, 1000]
    assert comparison.finished
    comparison.run()
    assert not comparison.running


def test_a_diverging_side_ends_the_comparison_with_a_sentence() -> None:
    absurd = AGENTS[1].changed(learning_rate=1.0, critic_learning_rate=1.0, symexp_heads=True)
    comparison = Comparison([AGENTS[0], absurd], seeds=1)
    comparison.advance(1000)
    assert comparison.finished
    assert comparison.problem is not None
    assert comparison.problem.startswith("B: Training stopped at step")


def test_a_tick_trains_all_sides_alike() -> None:
    comparison = Comparison(AGENTS, seeds=1)
    comparison.run()
    comparison.tick()
    steps = {session.global_step for session in comparison.sessions}
    assert len(steps) == 1
    assert steps.pop() > 0


def test_facts_and_curves() -> None:
    side = Side(AGENTS[0], 2, Pacemaker())
    facts = side.facts()
    assert facts.parameters == 4 * 8 + 8 + 8 * 2 + 2
    assert (facts.gradient_steps, facts.mean_return, facts.opposed) == (0, None, None)
    assert len(mean_curve(side.curves()).steps) == 0
    for session in side.sessions:
        session.advance("step", 400)
    means = [session.history.mean_return() or 0.0 for session in side.sessions]
    facts = side.facts()
    assert facts.mean_return == pytest.approx((np.mean(means), min(means), max(means)))
    assert facts.gradient_steps == sum(s.history.updates.appended for s in side.sessions)
    assert facts.milliseconds_per_1000_steps is not None
    last = min(curve.steps[-1] for curve in side.curves())
    there = [np.interp(last, curve.steps, curve.returns) for curve in side.curves()]
    assert mean_curve(side.curves()).steps[-1] == last
    assert mean_curve(side.curves()).returns[-1] == pytest.approx(np.mean(there))
    assert side.points() is None
