"""Two agents are compared by their runs so far, with the numbers that a map would have."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.so_far import ladder_so_far
from pglab.maps.measures import late_return
from pglab.maps.run_result import measured, result_so_far, run_of_map
from pglab.maps.statistics import interquartile_mean, probability_of_improvement
from pglab.maps.two_agents import compared
from pglab.session.training_session import TrainingSession
from tests.maps.test_ladder import PLAN, Fake, additive, jointly

SMALL = ReinforceConfig(hidden_sizes=(8,), total_steps=200_000)


def trained(seed: int, steps: int, **settings: float) -> TrainingSession:
    session = TrainingSession(SMALL.changed(seed=seed, **settings), can_rewind=False)
    session.advance("step", steps)
    return session


def test_a_run_so_far_has_the_result_of_a_run_of_this_length() -> None:
    of_map = measured(run_of_map(SMALL, 3, 2_000))
    assert result_so_far(trained(3, 2_000), 2_000) == of_map
    assert result_so_far(trained(3, 2_500), 2_000) == of_map  # later episodes do not count


def test_what_happened_later_is_not_in_the_result_so_far() -> None:
    solved = trained(
        3, 1_500, success_return=5, smoothing_window=1, eval_interval=700, stop_when_solved=False
    )
    assert result_so_far(solved, 1_500).solved_at == solved.history.solved_at
    assert result_so_far(solved, 600).solved_at is None
    diverges = ActorCriticConfig(
        learning_rate=0.1, symexp_heads=True, policy_signal="q", rollout_steps=16
    )
    diverged = TrainingSession(diverges, can_rewind=False)
    diverged.advance("step", 10_000)
    end = diverged.global_step
    assert diverged.outcome == "diverged"
    assert result_so_far(diverged, end).diverged_at == end
    assert result_so_far(diverged, end - 1).diverged_at is None


def test_the_late_returns_of_the_seeds_are_compared() -> None:
    sides = [[trained(seed, 2_000, gamma=gamma) for seed in range(3)] for gamma in (0.99, 0.5)]
    found = compared(sides, 2_000)
    assert found is not None
    expected = []
    for runs in sides:
        episodes = [run.history.episodes for run in runs]
        expected.append(
            np.array([e["episode_return"][e["global_step"] > 1_800].mean() for e in episodes])
        )
    for values, returns, middle in zip(found.values, expected, found.middles, strict=True):
        assert values.late_return == pytest.approx(returns)
        assert middle.estimate == pytest.approx(interquartile_mean(returns))
        assert middle.interval.level is None  # three seeds are too few for a 95 % interval
    assert found.improvement == probability_of_improvement(*expected)
    assert found.seeds == 3
    thresholds, (profile, _other) = found.profiles(6)
    assert thresholds.tolist() == [0, 100, 200, 300, 400, 500]
    assert profile.estimate.tolist() == [float((expected[0] > t).mean()) for t in thresholds]


def test_without_late_episodes_nothing_is_compared() -> None:
    sides = [[trained(seed, 10) for seed in range(3)] for _side in "ab"]
    assert compared(sides, 10) is None


def test_a_ladder_so_far_asks_for_the_arms_of_its_path() -> None:
    fake = Fake(jointly)
    known = {run: fake([run])[0] for arm in PLAN.arms for run in PLAN.runs_of([arm])}
    half = dict(list(known.items())[: len(known) // 2])
    begun = ladder_so_far(PLAN, half)
    assert (begun.missing, begun.done, begun.ladder.path) == ((), False, None)
    assert ladder_so_far(PLAN, {}).ladder.whole.difference is None
    rounds = 0
    while (found := ladder_so_far(PLAN, known)).missing:
        known |= {run: fake([run])[0] for run in PLAN.runs_of(found.missing)}
        rounds += 1
    assert found.done
    assert rounds > 0
    assert found.ladder.path is not None
    assert {"gamma", "learning_rate"} <= {step.rung.names[0] for step in found.ladder.path}


def test_a_late_return_is_that_of_the_plan() -> None:
    plan = LadderPlan(PLAN.a, PLAN.b, 3, 1_000)
    fake = Fake(additive, noise=0.0)
    known = {run: fake([run])[0] for run in plan.runs_of(plan.arms)}
    found = ladder_so_far(plan, known).ladder
    assert found.values[plan.a].late_return.tolist() == [late_return(known[plan.a])] * 3
