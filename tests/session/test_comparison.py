"""In a comparison, agents train in lock step. Each agent trains exactly as it would alone."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.curves import Curve
from pglab.records import EpisodeRecord
from pglab.session.pacing import FULL_SPEED, Pacemaker
from pglab.session.side_by_side.comparison import (
    MOST_OVERLAYS,
    PAIRS,
    POINTS_PER_OVERLAY,
    Comparison,
    PastComparison,
    leader,
    overlays,
)
from pglab.session.side_by_side.side import Side, middle_of
from pglab.session.train import train
from pglab.session.training_session import TrainingSession
from tests.oracles import of_type

QUICK = {"hidden_sizes": (8,), "total_steps": 1000}
AGENTS = (
    ReinforceConfig(**QUICK, min_batch_steps=16),  # type: ignore[arg-type]
    ActorCriticConfig.split_replay(**QUICK),
)

PATIENCE = 60.0  # seconds
SPLIT = ActorCriticConfig(body="split")
ABSURD = AGENTS[1].changed(learning_rate=1.0, critic_learning_rate=1.0, symexp_heads=True)


def steps_of(comparison: Comparison) -> list[int]:
    return [side.session.global_step for side in comparison.sides]


def spoil(session: TrainingSession) -> None:
    with torch.no_grad():
        for parameter in session.networks["policy"].parameters():
            parameter.fill_(torch.nan)


def bring_up(comparison: Comparison) -> None:
    """Train all further seeds up to the step of the first seeds."""
    deadline = time.monotonic() + PATIENCE
    while comparison.busy and time.monotonic() < deadline:
        comparison.take_turn()
    assert not comparison.busy


def test_an_agent_runs_as_it_would_alone() -> None:
    comparison = Comparison(AGENTS, seeds=2, first_seed=4)
    comparison.advance(300)
    comparison.advance(145)
    bring_up(comparison)
    assert comparison.steps_of_all == 445
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
    assert steps_of(comparison) == [1000, 1000]
    assert comparison.finished
    comparison.run()
    assert not comparison.running


@pytest.mark.parametrize("configs", [(AGENTS[0], ABSURD), (ABSURD, AGENTS[0]), (ABSURD, SPLIT)])
def test_no_side_goes_on_after_one_has_diverged(configs: tuple[AgentConfig, ...]) -> None:
    comparison = Comparison(configs, seeds=1)
    comparison.advance(1000)
    assert comparison.finished
    name = comparison.names[configs.index(ABSURD)]
    assert comparison.problem is not None
    assert comparison.problem.startswith(f"{name}: Training stopped at step")
    reached = steps_of(comparison)
    diverged = reached[configs.index(ABSURD)]
    assert 0 < diverged < 1000
    assert comparison.global_step == diverged == min(reached)
    comparison.advance(1000)
    assert steps_of(comparison) == reached


def test_a_further_seed_that_diverges_is_named_and_holds_nobody_up() -> None:
    comparison = Comparison(AGENTS, seeds=2, first_seed=4)
    spoil(comparison.sides[1].sessions[1])
    comparison.advance(50)
    bring_up(comparison)
    assert comparison.problem is not None
    assert comparison.problem.startswith("actor-critic, seed 5: Training stopped")
    assert not comparison.finished
    assert comparison.steps_of_all == 50


def test_a_side_that_cannot_even_act_ends_the_comparison() -> None:
    comparison = Comparison(AGENTS, seeds=1)
    comparison.advance(5)
    spoil(comparison.sides[1].session)
    comparison.advance(5)
    assert steps_of(comparison) == [10, 5]
    assert comparison.finished
    assert comparison.global_step == 5


@pytest.mark.parametrize("speed", [5.0, 500.0, FULL_SPEED])
def test_a_tick_trains_all_sides_alike(speed: float) -> None:
    comparison = Comparison(AGENTS, seeds=1)
    comparison.speed = speed
    comparison.run()
    comparison.pacemaker.interval = 0.5
    comparison.take_turn()  # the first turn uses the preset interval
    assert len(set(steps_of(comparison))) == 1
    assert comparison.global_step > 0
    assert speed == FULL_SPEED or comparison.global_step == int(0.5 * speed)
    comparison.pause()
    comparison.take_turn()
    assert not comparison.busy
    assert steps_of(comparison) == [comparison.global_step] * 2


def test_another_speed_begins_another_forecast() -> None:
    comparison = Comparison(AGENTS, seeds=1)
    comparison.run()
    comparison.forecast.note(0)
    comparison.take_turn()
    noted = len(comparison.forecast._notes)
    comparison.speed = 50.0
    comparison.take_turn()
    assert len(comparison.forecast._notes) == 1 < noted


def test_facts_and_curves() -> None:
    comparison = Comparison(AGENTS, seeds=3)
    side = comparison.sides[0]
    facts = side.facts()
    assert facts.parameters == 4 * 8 + 8 + 8 * 2 + 2
    assert (facts.gradient_steps, facts.mean_return, facts.opposed) == (0, None, None)
    curves = side.curves()
    assert len(middle_of(curves, side.band(curves)).steps) == 0
    comparison.advance(400)
    bring_up(comparison)
    means = sorted(session.history.mean_return() or 0.0 for session in side.sessions)
    facts = side.facts()
    assert facts.mean_return == (means[1], means[0], means[2])
    assert facts.gradient_steps == sum(s.history.updates.appended for s in side.sessions)
    assert facts.milliseconds_per_1000_steps is not None
    curves = side.curves()
    ends = sorted(float(curve.returns[-1]) for curve in curves)
    band = side.band(curves)
    assert band is not None
    assert (band.steps[-1], band.median[-1]) == (400, ends[1])
    assert middle_of(curves, band).returns[-1] == ends[1]
    assert side.points() is None
    comparison.show_seed(2)
    assert side.shown_session.config.seed == 2


def test_what_is_kept_of_a_comparison_draws_its_curves() -> None:
    comparison = Comparison(AGENTS, seeds=2)
    assert overlays([comparison.summary(1)], AGENTS) == []  # no episode has ended yet
    comparison.advance(900)
    bring_up(comparison)
    past = comparison.summary(3)
    assert (past.number, past.configs, past.seeds, past.global_step) == (3, AGENTS, 2, 900)
    drawn = overlays([past], AGENTS)
    assert [curve.label for curve in drawn] == ["run 3: REINFORCE", "run 3: actor-critic"]
    for curve, side in zip(drawn, comparison.sides, strict=True):
        whole = middle_of(side.curves(), side.band(side.curves()))
        assert 0 < len(curve.steps) <= POINTS_PER_OVERLAY
        assert curve.returns[[0, -1]].tolist() == whole.returns[[0, -1]].tolist()
        assert set(curve.steps) <= set(whole.steps)


def test_earlier_curves_are_few_and_of_the_same_environment() -> None:
    cells = PAIRS["cells"].configs
    elsewhere = tuple(config.changed(env_id="Acrobot-v1") for config in AGENTS)
    kept = [cells, AGENTS, AGENTS, elsewhere, AGENTS]
    past = [_past(number, configs) for number, configs in enumerate(kept, start=1)]
    both = ("REINFORCE", "actor-critic")
    assert labels(past, AGENTS) == [
        f"run {number}: {name}" for number in (2, 3, 5) for name in both
    ]
    assert labels(past, elsewhere) == [f"run 4: {name}" for name in both]
    four = ("shared, on-policy", "shared, replay", "split, on-policy", "split, replay")
    assert labels(past[:2], cells) == [
        *(f"run 1: {n}" for n in four),
        *(f"run 2: {n}" for n in both),
    ]
    assert len(overlays(past * 9, AGENTS)) == MOST_OVERLAYS
    mixed = (AGENTS[0], elsewhere[0])
    assert labels([_past(6, mixed)], AGENTS) == ["run 6: CartPole-v1"]


def labels(past: list[PastComparison], configs: tuple[AgentConfig, ...]) -> list[str]:
    return [curve.label for curve in overlays(past, configs)]


def test_a_longer_comparison_goes_on_where_the_shorter_one_ended() -> None:
    agents = (AGENTS[0], AGENTS[0].changed(gamma=0.5))
    short, whole = Comparison(agents, 2, length=300), Comparison(agents, 2, length=700)
    short.advance(1000)
    bring_up(short)
    assert (short.finished, steps_of(short), short.steps_of_all) == (True, [300, 300], 300)
    short.run()
    assert not short.running
    short.length = 700
    assert not short.finished
    for comparison in (short, whole):
        comparison.advance(1000)
        bring_up(comparison)
    for one, other in zip(short.sides, whole.sides, strict=True):
        for cut, uncut in zip(one.sessions, other.sessions, strict=True):
            returns = [s.history.episodes["episode_return"].tolist() for s in (cut, uncut)]
            assert returns[0] == returns[1]


def test_ahead_is_who_leads_by_more_than_a_twentieth_of_the_range() -> None:
    usual = Side(AGENTS[0], 1, Pacemaker()).facts()

    def told(*medians: float | None) -> int | None:
        means = [None if m is None else (m, m, m) for m in medians]
        return leader([replace(usual, mean_return=m) for m in means], AGENTS[:1] * len(means))

    assert told(10.0, None) is None
    assert told(100.0, 10.0) == 0
    assert told(10.0, 30.0, 100.0, 20.0) == 2
    assert told(10.0, 34.0) == 2  # the verdict 2 means: both sides are about equal


def _past(number: int, configs: tuple[AgentConfig, ...]) -> PastComparison:
    facts = Side(AGENTS[0], 1, Pacemaker()).facts()
    curve = Curve(np.arange(3.0), np.zeros(3))
    sides = len(configs)
    return PastComparison(number, configs, 1, 0, 500, (curve,) * sides, (facts,) * sides)
