"""The ladder finds exactly the effects that are there, and trains nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig
from pglab.maps.ladder.effects import Effect
from pglab.maps.ladder.findings import Ladder, find_ladder
from pglab.maps.ladder.path import Step
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.rungs import rungs
from pglab.maps.ladder.stored import AGENTS, ladder_from, load, text_of
from pglab.maps.ladder.words import change_in_words, findings_in_words
from pglab.maps.measures import area_under_curve, late_return
from pglab.maps.run_result import WINDOWS, RunResult, measured
from pglab.maps.running import workers as workers_module
from pglab.session.side_by_side.contrasts import same_agent
from pglab.studies.maps import make_ladder

SEMINAR = ActorCriticConfig.shared_on_policy(), ActorCriticConfig.split_replay()
ONE = ReinforceConfig()
OTHER = ReinforceConfig(
    gamma=0.9, learning_rate=1e-2, episodes_per_update=4, entropy_coefficient=0.1
)
PLAN = LadderPlan(ONE, OTHER, seeds=10, total_steps=1_000)

Return = Callable[[AgentConfig], float]  # the true return of an agent


class Fake:
    """Results without training: the true return of an agent plus the same noise for each seed."""

    def __init__(self, of: Return, noise: float = 5.0, diverged: Sequence[int] = ()) -> None:
        self.of, self.noise, self.diverged = of, noise, diverged
        self.asked: list[AgentConfig] = []

    def __call__(self, runs: Sequence[AgentConfig]) -> list[RunResult]:
        self.asked += runs
        return [self._result(run) for run in runs]

    def _result(self, run: AgentConfig) -> RunResult:
        value = self.of(run) + self.noise * np.random.default_rng(run.seed).standard_normal()
        known = not np.isnan(value)
        sums, counts = (float(value) if known else 0.0,) * WINDOWS, (int(known),) * WINDOWS
        ended = 500 if run.gamma == 0.9 and run.seed in self.diverged else None
        return RunResult(run.total_steps, sums, counts, None, ended)


def steps_of(ladder: Ladder) -> tuple[Step, ...]:
    assert ladder.path is not None
    return ladder.path


def additive(run: AgentConfig) -> float:
    """Each setting of `OTHER` changes the return by its own amount."""
    amounts = {
        "gamma": -100.0,
        "learning_rate": 200.0,
        "episodes_per_update": 2.0,
        "entropy_coefficient": 30.0,
    }
    return 200 + sum(
        amount for name, amount in amounts.items() if getattr(run, name) == getattr(OTHER, name)
    )


def jointly(run: AgentConfig) -> float:
    """Only γ and α together change the return."""
    return 400.0 if (run.gamma, run.learning_rate) == (0.9, 1e-2) else 100.0


def setting(name: str) -> Return:
    """The return is the value of one setting."""
    return lambda run: float(getattr(run, name))


def estimate(effect: Effect | ConfigError) -> float:
    assert isinstance(effect, Effect)
    assert effect.difference is not None
    return float(effect.difference.estimate)


def verdict(effect: Effect | ConfigError) -> str:
    assert isinstance(effect, Effect)
    return effect.verdict


def path_of(ladder: Ladder) -> list[str]:
    return [step.rung.names[0] for step in steps_of(ladder)]


def test_the_rungs_of_the_seminars_agents() -> None:
    a, b = SEMINAR
    found = {rung.names[0]: rung for rung in rungs(a, b)}
    assert list(found) == [
        "learning_rate",
        "body",
        "critic_data",
        "rollout_steps",
        "critic_learning_rate",
    ]
    replay = {"replay_capacity", "batch_size", "critic_updates"}
    assert set(found["critic_data"].names) == {"critic_data", *replay}
    # A shared body learns at the rate α, and the critic keeps its rate when its body is split.
    assert found["body"].a_with == a.changed(body="split", critic_learning_rate=a.learning_rate)
    assert same_agent(b.changed(body="shared"), _possible(found["body"].b_with))
    assert found["critic_learning_rate"].b_with == b.changed(critic_learning_rate=1e-3)
    assert "only if body split" in str(found["critic_learning_rate"].a_with)
    assert isinstance(found["critic_learning_rate"].a_with, ConfigError)


def _possible(arm: AgentConfig | ConfigError) -> AgentConfig:
    assert not isinstance(arm, ConfigError)
    return arm


def test_settings_that_need_another_one_come_with_it() -> None:
    learned = ReinforceConfig(baseline="value", value_learning_rate=0.1)
    (only,) = LadderPlan(ONE, learned, 3, 1_000).rungs
    assert only.names == ("baseline", "value_learning_rate")
    assert _possible(only.a_with).changed(total_steps=200_000, stop_when_solved=True) == learned
    assert len(LadderPlan(ONE, learned, 3, 1_000).arms) == 2
    both = rungs(learned, learned.changed(value_learning_rate=0.01))
    assert [rung.names for rung in both] == [("value_learning_rate",)]


def test_a_change_that_contradicts_the_other_settings_has_no_result() -> None:
    small = ActorCriticConfig.split_replay(batch_size=64, replay_capacity=64)
    large = small.changed(batch_size=256, replay_capacity=1_000)
    ladder = find_ladder(LadderPlan(small, large, 10, 1_000), Fake(setting("batch_size")))
    batch, buffer = ladder.effects
    assert batch.rung.names == ("batch_size",)
    assert "can never hold" in str(batch.in_a)
    assert isinstance(buffer.in_b, ConfigError)
    assert path_of(ladder) == ["replay_capacity", "batch_size"]
    assert any("no result. A buffer of 64" in text for text in findings_in_words(ladder))


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (ONE, ActorCriticConfig(), "same algorithm"),
        (ONE, ONE.changed(env_id="Acrobot-v1"), "same environment"),
        (ONE, OTHER.changed(engine="reference"), "same engine"),
        (ONE, ONE.changed(seed=3, value_learning_rate=0.1), "differ in at least one"),
    ],
)
def test_what_cannot_be_a_ladder(a: AgentConfig, b: AgentConfig, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        LadderPlan(a, b, 3, 1_000)


def test_additive_effects_are_found_exactly() -> None:
    fake = Fake(additive)
    ladder = find_ladder(PLAN, fake)
    expected = [
        ("learning_rate", 200, "matters"),
        ("gamma", -100, "matters"),
        ("entropy_coefficient", 30, "matters"),
        ("episodes_per_update", 2, "does not matter"),
    ]
    for one, (name, amount, word) in zip(ladder.effects, expected, strict=True):
        assert one.rung.names == (name,)
        for effect in (one.in_a, one.in_b):
            assert estimate(effect) == pytest.approx(amount)
            assert verdict(effect) == word
    assert estimate(ladder.whole) == pytest.approx(132)
    # B has 332: 100 of 132 are missing after γ, but only 68 are too many after α.
    assert path_of(ladder) == ["learning_rate", "gamma", "entropy_coefficient"]
    assert [estimate(step.effect) for step in steps_of(ladder)] == pytest.approx([200, -100, 30])
    assert estimate(steps_of(ladder)[-1].to_b) == pytest.approx(2)
    assert not steps_of(ladder)[-1].to_b.excludes_zero
    # A, B and eight swaps; then three changes; the last two changes lead to swaps of B.
    assert len(set(fake.asked)) == len(fake.asked) == 10 * (10 + 3)


def test_too_much_noise_tells_nothing() -> None:
    ladder = find_ladder(PLAN, Fake(additive, noise=100.0))
    by_name = {one.rung.names[0]: one for one in ladder.effects}
    small = by_name["entropy_coefficient"].in_a
    assert verdict(small) == "cannot be told"
    assert isinstance(small, Effect)
    assert small.needed is not None
    assert small.needed > 10
    text = next(text for text in findings_in_words(ladder) if text.startswith("Entropy"))
    assert f"with 10 seeds whether this matters. It would take about {small.needed}." in text


def test_an_effect_that_needs_two_changes() -> None:
    ladder = find_ladder(PLAN, Fake(jointly))
    by_name = {one.rung.names[0]: one for one in ladder.effects}
    for name in ("gamma", "learning_rate"):
        assert verdict(by_name[name].in_a) == "does not matter"
        assert estimate(by_name[name].in_b) == pytest.approx(300)
    assert set(path_of(ladder)) >= {"gamma", "learning_rate"}
    assert estimate(steps_of(ladder)[-1].effect) == pytest.approx(300)
    assert not steps_of(ladder)[-1].to_b.excludes_zero


def test_the_longest_path_ends_at_b() -> None:
    fake = Fake(lambda run: 400.0 if same_agent(run, OTHER) else 100.0)
    ladder = find_ladder(PLAN, fake)
    assert len(steps_of(ladder)) == 4
    assert steps_of(ladder)[-1].config == PLAN.b
    assert len(set(fake.asked)) == len(fake.asked) == 10 * (10 + 3)


def test_the_seminars_path_can_reach_its_end() -> None:
    a, b = SEMINAR
    fake = Fake(lambda run: 400.0 if same_agent(run, b) else 100.0)
    ladder = find_ladder(LadderPlan(a, b, 10, 1_000), fake)
    assert same_agent(steps_of(ladder)[-1].config, b)
    back = find_ladder(LadderPlan(b, a, 10, 1_000), Fake(setting("rollout_steps")))
    assert path_of(back) == ["rollout_steps"]


def test_equal_results_have_no_path() -> None:
    fake = Fake(lambda _run: 200.0)
    ladder = find_ladder(PLAN, fake)
    assert ladder.path == ()
    assert len(fake.asked) == 100
    assert findings_in_words(ladder)[-1] == (
        "10 seeds cannot tell A from B, so there is no path between them."
    )


def test_runs_that_diverge_or_end_no_episode() -> None:
    ladder = find_ladder(PLAN, Fake(lambda _run: 200.0, diverged=[0, 1, 2, 3, 4, 5, 6, 7]))
    assert estimate(ladder.whole) < -150  # eight of ten runs count as a return of 0
    assert ladder.whole.diverged == (0, 8)
    assert "diverged count as 0 return: 0 without and 8 with" in findings_in_words(ladder)[0]
    unknown = find_ladder(
        PLAN, Fake(lambda run: float("nan") if run.gamma == 0.9 else additive(run))
    )
    assert unknown.effects[-1].rung.names == ("gamma",)
    assert unknown.path == ()
    assert "Take more steps" in findings_in_words(unknown)[0]


def test_the_findings_in_words() -> None:
    exact = find_ladder(PLAN, Fake(additive, noise=0.0))
    assert findings_in_words(exact, ("agent 1", "agent 2"))[:3] == [
        "From agent 1 to agent 2, everything changed: "
        "+132 return (95 % interval +132 to +132, 10 seeds). This matters.",
        "Learning rate α: 0.01 instead of 0.001, in agent 1: "
        "+200 return (95 % interval +200 to +200, 10 seeds). This matters.",
        "Learning rate α: 0.01 instead of 0.001, in agent 2: "
        "+200 return (95 % interval +200 to +200, 10 seeds). This matters.",
    ]
    plan = LadderPlan(*SEMINAR, 3, 1_000)
    assert [change_in_words(plan, rung) for rung in plan.rungs] == [
        "Learning rate α: 0.0005 instead of 0.001",
        "Body: split instead of shared",
        "Critic learns from: a replay buffer (buffer 50000, critic batch 64, critic steps 4) "
        "instead of the steps just taken",
        "Steps per update: 16 instead of 1",
        "Learning rate of the critic: 0.00025 instead of 0.001",
    ]


def test_a_stored_ladder_has_the_same_findings() -> None:
    for fake in (Fake(additive), Fake(jointly, diverged=[2])):
        ladder = find_ladder(PLAN, fake)
        again = ladder_from(text_of(ladder))
        assert findings_in_words(again) == findings_in_words(ladder)
        assert set(again.values) == set(ladder.values)
        assert again.plan == PLAN


def test_the_command_trains_each_run_once_and_writes_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ReinforceConfig(hidden_sizes=(8,), min_batch_steps=32)
    agents = small, small.changed(learning_rate=0.1, gamma=0.5)
    monkeypatch.setattr(make_ladder, "AGENTS", {"seminar": agents})
    monkeypatch.setattr(make_ladder, "FOLDER", tmp_path / "ladders")
    arguments = ["--seeds", "3", "--steps", "1000"]
    make_ladder.main(arguments)
    printed = capsys.readouterr().out
    assert printed.startswith("12 runs, about ")
    assert "12 of 12 runs" in printed
    assert "From A to B, everything changed: " in printed
    assert list(tmp_path.iterdir()) == []

    def trained_again(_run: AgentConfig) -> RunResult:
        raise ArithmeticError("trained again")

    monkeypatch.setattr(workers_module, "measured", trained_again)
    make_ladder.main([*arguments, "--write"])
    (written,) = (tmp_path / "ladders").iterdir()
    ladder = ladder_from(written.read_text(encoding="utf-8"))
    for arm in ladder.plan.arms:
        runs = [measured(arm.changed(seed=seed)) for seed in range(3)]
        values = ladder.values[arm]
        assert values.late_return == pytest.approx([late_return(run) for run in runs], abs=1e-3)
        assert values.area == pytest.approx([area_under_curve(run) for run in runs], abs=1e-3)


def test_the_seminars_ladder_is_stored_with_its_findings() -> None:
    ladder = load("seminar")
    assert all(map(same_agent, (ladder.plan.a, ladder.plan.b), AGENTS["seminar"]))
    assert (ladder.plan.seeds, ladder.plan.total_steps) == (16, 60_000)
    assert set(ladder.plan.arms) <= set(ladder.values)
    assert all(len(values.late_return) == 16 for values in ladder.values.values())
    assert findings_in_words(ladder_from(text_of(ladder))) == findings_in_words(ladder)
    assert len(findings_in_words(ladder)) >= 1 + 2 * len(ladder.plan.rungs)


def test_a_ladder_without_its_path_comes_back_without_it() -> None:
    ladder = ladder_from(text_of(replace(load("seminar"), path=None)))
    assert ladder.path is None
    assert not [text for text in findings_in_words(ladder) if "Step 1" in text]
