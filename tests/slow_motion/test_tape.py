"""Slow motion shows a run's steps, the lines of code that compute them, and their numbers."""

from __future__ import annotations

import copy
import inspect
import linecache
import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms import actor_critic
from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig
from pglab.environments import ENVIRONMENTS
from pglab.looks.partial_updates import partial_updates
from pglab.records import StepRecord, UpdateRecord
from pglab.session.training_session import TrainingSession
from pglab.slow_motion.formulas import formula
from pglab.slow_motion.phases import phases_of
from pglab.slow_motion.tape import UPDATES_KEPT, SlowMotion, WatchedStep
from pglab.slow_motion.watched_lines import Moment, Phase, Watcher
from pglab.slow_motion.words import PHASES, sentence
from pglab.stretch import step_records
from tests.oracles import advance_records, of_type, same_records, short_config
from tests.oracles_actor_critic import CELLS, short_cell

FAST: dict[str, AgentConfig] = {
    "reinforce": short_config(baseline="value", min_batch_steps=5),
    **{name: short_cell(**cell, policy_signal="q") for name, cell in CELLS.items()},
}
# The recording uses the PyTorch reference. If the run uses it, too, all numbers are equal.
CONFIGS = {name: config.changed(engine="reference") for name, config in FAST.items()}
EVERY = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
EVERY_ENGINE = pytest.mark.parametrize(
    "config",
    [*CONFIGS.values(), *FAST.values()],
    ids=[*CONFIGS, *(f"{name}, fast" for name in FAST)],
)
INFO = ENVIRONMENTS["CartPole-v1"]

# For each phase, the highlighted line of code must contain one of these texts.
DOES_IT = {
    "observe": ("observation = tensor(run.observation)",),
    "probabilities": ("probabilities = np.exp(log_pi)",),
    "sample": ("action = sample_action(probabilities",),
    "environment": ("run.environment.step(action)",),
    "judge": ("weight = policy_signal(",),
    "store": (".append(step)",),
    "remember": ("run.buffer.add(step)",),
    "episode": ("record = EpisodeRecord(",),
    "draw": ("batch = buffer.sample(",),
    "targets": ("targets = td_targets(",),
    "critic_loss": ("critic_loss = td_loss(",),
    "critic_gradient": ("loss_gradient = gradient(",),
    "returns": ("returns = discounted_returns(",),
    "weights": ("weights = returns - baseline(",),
    "loss": ("actor_loss = policy_gradient_loss(",),
    "gradient": ("loss_gradient = gradient(", "loss.backward()"),
    "value_loss": ("loss = value_loss(",),
    "value_gradient": ("loss.backward()",),
    "step": ("optimizer.step()",),
    "changed": ("yield update(run)",),
}


def watched_update(config: AgentConfig, updates: int = 1) -> tuple[SlowMotion, WatchedStep]:
    """Return a recording at the end of an update, and the last step of this recording."""
    tape = SlowMotion(TrainingSession(config))
    for _ in range(updates):
        tape.forward_to({"changed"}, 200)
    return tape, tape.steps[-1]


@cache
def three_updates(config: AgentConfig) -> tuple[SlowMotion, WatchedStep]:
    """Make a recording of three updates once, for all tests that only read it."""
    return watched_update(config, updates=3)


def found(step: WatchedStep, phase: str) -> dict[str, Any]:
    """Return the numbers that the step's last moment in this phase contains."""
    return dict([moment for moment in step.moments if moment.phase == phase][-1].values)


# --- The run


@EVERY_ENGINE
def test_watching_back_and_forth_leaves_the_run_as_it_is(config: AgentConfig) -> None:
    plain, session = TrainingSession(config), TrainingSession(config)
    tape = SlowMotion(session)
    for number in range(400):
        if number > 200 and session.history.updates.appended >= 3:
            break
        tape.forward()
        if number % 7 == 0:
            for move in (tape.back, tape.back, tape.back, tape.forward, tape.forward):
                move()
    expected = advance_records(plain, "step", session.global_step)
    assert session.history.updates.appended >= 3
    recent = list(step_records(session.history.steps))
    assert len(recent) > 10
    assert same_records(of_type(StepRecord, expected)[-len(recent) :], recent)
    assert same_records(of_type(UpdateRecord, expected)[-1:], [session.history.last_update])
    for name, network in plain.networks.items():
        for one, other in zip(
            network.parameters(), session.networks[name].parameters(), strict=True
        ):
            assert torch.equal(one, other)
    after = (advance_records(one, "step", 30) for one in (plain, session))
    assert same_records(*after)


def test_back_and_forward_visit_the_same_moments() -> None:
    tape, step = watched_update(CONFIGS["reinforce"])
    there = [tape.current]
    while not tape.at_start:
        tape.back()
        there.append(tape.current)
    taken = tape.session.global_step
    again = [tape.current]
    for _ in range(len(there) - 1):
        tape.forward()
        again.append(tape.current)
    assert [id(at[1]) for at in again if at] == [id(at[1]) for at in reversed(there) if at]
    assert tape.session.global_step == taken
    assert tape.seen == step.moments


def test_a_run_that_moved_on_unwatched_starts_a_new_tape() -> None:
    tape, _step = watched_update(CONFIGS["shared on_policy"])
    tape.session.advance("step", 9)
    assert tape.stale
    reached = tape.session.global_step
    while len(tape.steps) != 1:
        tape.forward()
    assert tape.steps[0].step.global_step == reached + 1
    policy = tape.steps[0].before["policy"]
    expected = TrainingSession(tape.session.config)
    expected.advance("step", reached)
    assert all(
        torch.equal(*pair)
        for pair in zip(policy.parameters(), expected.networks["policy"].parameters(), strict=True)
    )


def test_the_end_of_a_run_is_the_end_of_the_tape() -> None:
    session = TrainingSession(short_config(total_steps=1_000, stop_when_solved=False))
    session.advance("step", 999)
    tape = SlowMotion(session)
    assert tape.current is None
    assert tape.seen == ()
    for _ in range(40):
        tape.forward()
    assert tape.at_end
    assert session.global_step == 1_000
    assert len(tape.steps) == 1
    tape.forward_to({"observe"}, 10)
    assert session.global_step == 1_000


def test_the_tape_is_bounded() -> None:
    tape, _step = watched_update(short_cell(rollout_steps=1), updates=UPDATES_KEPT + 5)
    assert sum(step.update is not None for step in tape.steps) == UPDATES_KEPT
    assert [step.before_update is not None for step in tape.steps[-3:]] == [False, False, True]
    assert tape.steps[-2].after is tape.steps[-1].before


def test_a_diverging_step_is_watched_up_to_where_it_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "pglab.algorithms.reinforce.policy_gradient_loss",
        lambda log_probs, _weights: log_probs.sum() * float("nan"),
    )
    tape = SlowMotion(TrainingSession(CONFIGS["reinforce"]))
    tape.forward_to({"loss"}, 200)
    assert tape.session.outcome == "diverged"
    assert tape.current is not None
    assert tape.current[1].phase == "loss"
    assert np.isnan(tape.current[1].values["loss"])
    assert formula(tape.current[1], INFO, 0).numbers.endswith(r"\text{nan}\end{gathered}")
    assert tape.at_end


@pytest.mark.parametrize("config", [CONFIGS["reinforce"], FAST["reinforce"]], ids=["torch", "fast"])
def test_a_run_that_diverges_while_it_acts_adds_no_step(config: AgentConfig) -> None:
    session = TrainingSession(config)
    with torch.no_grad():
        session.networks["policy"].get_parameter("head.bias").fill_(torch.nan)
    tape = SlowMotion(session)
    assert not tape.forward_to({"changed"}, 10)
    assert session.outcome == "diverged"
    assert tape.current is None
    assert tape.at_end


# --- The highlighted lines


@EVERY_ENGINE
def test_every_phase_points_at_the_line_that_does_it(config: AgentConfig) -> None:
    tape, _step = three_updates(config)
    moments = [moment for step in tape.steps for moment in step.moments]
    for moment in moments:
        line = linecache.getline(inspect.getfile(moment.function), moment.line)
        assert any(text in line for text in DOES_IT[moment.phase]), f"{moment.phase}: {line}"
        source, first = inspect.getsourcelines(moment.function)
        assert first <= moment.line < first + len(source)
    never = {"draw", "remember"} if getattr(config, "critic_data", "") == "on_policy" else set()
    assert {moment.phase for moment in moments} == {p.key for p in phases_of(config)} - never


def test_every_phase_has_words() -> None:
    assert set(PHASES) == {phase.key for config in CONFIGS.values() for phase in phases_of(config)}


def test_a_line_that_did_not_do_it_would_be_noticed() -> None:
    """The watcher finds the line of each phase while the program runs."""
    namespace: dict[str, Any] = {}
    source = "def program():\n    first = 1.5\n    second = [first]\n    return second\n"
    exec(compile(source, "<program>", "exec"), namespace)
    phases = [
        Phase("second", namespace["program"], lambda there: there["second"], dict),
        Phase("first", namespace["program"], lambda there: there["first"], dict),
    ]
    watcher = Watcher(phases, {})
    former = sys.gettrace()
    with watcher.watching():
        namespace["program"]()
    namespace["program"]()
    assert sys.gettrace() is former
    assert [(m.phase, m.line) for m in watcher.moments] == [("first", 2), ("second", 3)]
    assert watcher.moments[0].values == {"first": 1.5}


# --- The numbers


@pytest.mark.parametrize("config", FAST.values(), ids=FAST)
def test_numbers_watched_beside_the_fast_engine_are_its_own(config: AgentConfig) -> None:
    _tape, step = three_updates(config)
    update = step.update
    assert update is not None
    assert found(step, "loss")["loss"] == pytest.approx(update.actor_loss, rel=1e-4, abs=1e-6)
    norm = found(step, "gradient")["norm"]
    assert norm == pytest.approx(update.actor_gradient_norm, rel=1e-4, abs=1e-6)
    assert found(step, "sample")["action"] == step.step.action
    if update.critic is not None:
        estimates = found(step, "critic_loss")["estimates"]
        np.testing.assert_allclose(estimates, update.critic.estimates, rtol=1e-4, atol=1e-6)


def test_numbers_of_reinforce_are_those_of_the_records() -> None:
    _tape, step = three_updates(CONFIGS["reinforce"])
    update = step.update
    assert update is not None
    np.testing.assert_array_equal(found(step, "returns")["returns"], update.returns)
    np.testing.assert_array_equal(found(step, "weights")["weights"], update.weights)
    assert found(step, "loss")["loss"] == update.actor_loss
    assert found(step, "gradient")["norm"] == update.actor_gradient_norm
    assert found(step, "value_loss")["loss"] == update.critic_loss
    assert found(step, "value_gradient")["norm"] == update.critic_gradient_norm
    assert found(step, "sample")["action"] == step.step.action
    np.testing.assert_array_equal(found(step, "observe")["observation"], step.step.observation)
    layers = found(step, "gradient")["layers"]
    assert sum(norm**2 for norm in layers.values()) == pytest.approx(
        found(step, "gradient")["norm"] ** 2, rel=1e-5
    )


@pytest.mark.parametrize("cell", CELLS)
def test_numbers_of_an_actor_critic_are_those_of_the_records(cell: str) -> None:
    _tape, step = three_updates(CONFIGS[cell])
    update = step.update
    assert update is not None
    assert update.critic is not None
    np.testing.assert_array_equal(found(step, "targets")["targets"], update.critic.targets)
    np.testing.assert_array_equal(found(step, "critic_loss")["estimates"], update.critic.estimates)
    np.testing.assert_array_equal(found(step, "loss")["weights"], update.weights)
    assert found(step, "critic_loss")["loss"] == update.critic_loss
    assert found(step, "critic_gradient")["norm"] == update.critic_gradient_norm
    assert found(step, "gradient")["norm"] == update.actor_gradient_norm
    assert found(step, "judge")["weight"] == update.weights[-1]


def numbers_in(latex: str) -> list[float]:
    """Return all numbers of a formula in their order, without the numbers in subscripts."""
    plain = re.sub(r"_\{\d+\}", "", latex)
    plain = re.sub(r"\\times10\^\{(-?\d+)\}", r"e\1", plain)
    return [float(text) for text in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", plain)]


Check = Callable[[list[float]], tuple[float, float]]
# For each formula: a function that computes both sides of its last equation from its numbers.
CHECKS: dict[str, Check] = {
    "returns": lambda n: (n[0] + n[1] * n[2], n[3]),
    "weights": lambda n: (n[0] + n[1] if n[1] < 0 else n[0] - n[1], n[2]),
    "targets": lambda n: (n[0] + n[1] * (n[2] + n[3]) * n[4], n[5]),
    "step": lambda n: (n[0] * n[1] / (n[2] + n[3]), n[4]),
}


@EVERY
@pytest.mark.parametrize("row", [0, 2])
def test_the_numbers_of_a_formula_satisfy_it(config: AgentConfig, row: int) -> None:
    tape, _step = three_updates(config)
    checked = set()
    for step in tape.steps:
        for moment in step.moments:
            text = formula(moment, INFO, row).numbers
            check = CHECKS.get(moment.phase)
            if check is None:
                continue
            checked.add(moment.phase)
            if moment.phase == "weights":  # the formula is G−V=w, with brackets around a negative V
                g, v, w = map(float, re.findall(r"=(\S+?)-\(?(-?[\d.e-]+)\)?=(\S+)", text)[0])
                assert g - v == pytest.approx(w, abs=2e-3 * max(abs(g), abs(v)))
                continue
            if moment.phase == "targets":
                text = text.replace(r"\cdot(1-", r"\cdot 1 -")
            left, right = check(numbers_in(text))
            assert left == pytest.approx(right, rel=2e-3, abs=1e-9), text
    assert "step" in checked
    assert ("returns" in checked) != ("targets" in checked)


def test_the_loss_formula_holds_for_a_batch_of_two() -> None:
    moment = Moment(
        "loss",
        actor_critic.actor_gradient,
        1,
        {"weights": np.array([2.0, -4.0]), "log_probs": np.array([-0.5, -0.25]), "loss": 0.0},
    )
    text = formula(moment, INFO, 0).numbers
    assert text == (
        r"\begin{gathered}L=-\frac1{2}\big(2\cdot(-0.5) \\ +(-4)\cdot(-0.25)\big) \\ =0"
        r"\end{gathered}"
    )


@EVERY
def test_adams_numbers_move_the_parameter_from_before_to_after(config: AgentConfig) -> None:
    _tape, step = three_updates(config)
    values = found(step, "step")
    first, second = values["betas"]
    mean = values["mean"] / (1 - first ** values["steps"])
    root = (values["mean_square"] / (1 - second ** values["steps"])) ** 0.5
    moved = values["learning_rate"] * mean / (root + values["epsilon"])
    network, path = values["layer"].split(".", 1)
    old = dict(step.before[network].named_parameters())
    before = torch.cat([p.detach().flatten() for name, p in old.items() if name.startswith(path)])
    if "replay" in str(getattr(config, "critic_data", "")) and config.body == "shared":  # type: ignore[union-attr]
        return  # the critic's steps come first
    assert float((before - (values["parameter"] + moved)).abs().min()) == pytest.approx(0, abs=1e-7)


# --- What an update did


@EVERY_ENGINE
def test_an_update_is_explained_from_the_policies_before_and_after(config: AgentConfig) -> None:
    tape, _step = three_updates(config)
    explained = [step for step in tape.steps if step.update is not None]
    assert len(explained) == 3  # earlier updates are also explained
    for step in explained:
        loss, explanation = found(step, "loss"), step.explanation
        assert explanation is not None
        for probabilities, network in (
            (explanation.before, "before"),
            (explanation.after, "after"),
        ):
            at = getattr(step, network)["policy"](torch.as_tensor(loss["observations"])).exp()
            expected = at[torch.arange(len(at)), torch.as_tensor(loss["actions"])]
            np.testing.assert_allclose(probabilities, expected.detach().numpy(), rtol=1e-5)


# --- Words


def test_a_sentence_is_true_of_a_gradient_of_zero() -> None:
    """If the agent chose the action with the largest Q, its weight and the gradient are 0."""
    _tape, step = watched_update(ActorCriticConfig.shared_on_policy(seed=0))
    moments = {moment.phase: moment for moment in step.moments}
    assert moments["gradient"].values["norm"] == 0
    assert sentence(moments["gradient"]).startswith("Every w is 0, so the gradient is 0")
    assert sentence(moments["critic_gradient"]).startswith("The gradient is the slope")
    _tape, step = watched_update(CONFIGS["reinforce"])
    moments = {moment.phase: moment for moment in step.moments}
    assert "actions with w > 0 likelier" in sentence(moments["gradient"])


def test_the_sentence_about_returns_suits_their_form() -> None:
    for form, words in (("reward_to_go", "its reward plus"), ("whole_episode", "whole")):
        config = CONFIGS["reinforce"].changed(return_form=form)
        _tape, step = watched_update(config)
        (moment,) = (moment for moment in step.moments if moment.phase == "returns")
        assert words in sentence(moment)


def test_adam_without_a_gradient_is_its_momentum_or_nothing() -> None:
    said: set[tuple[bool, bool]] = set()
    for seed in range(4):
        tape, _step = watched_update(
            short_cell(**CELLS["split replay"], seed=seed, rollout_steps=1), 4
        )
        moments = [moment for step in tape.steps for moment in step.moments]
        steps = [m for m in moments if m.phase == "step" and m.values["norm"] == 0]
        said |= {(m.values["mean"] != 0, "no parameter moves" in sentence(m)) for m in steps}
    assert said == {(False, True), (True, False)}


@pytest.mark.parametrize("cell", CELLS)
def test_partial_updates(cell: str) -> None:
    """With both losses, the update is the run's own. Each loss alone changes only its own head."""
    tape, step = watched_update(CONFIGS[cell], updates=3)
    run = step.before_update
    assert isinstance(run, actor_critic.ActorCriticRun)
    rollout = copy.deepcopy(run.rollout)
    after = partial_updates(run)
    assert same_records(rollout, run.rollout)

    def same(one: Any, other: Any) -> bool:
        return all(
            torch.equal(*pair) for pair in zip(one.parameters(), other.parameters(), strict=True)
        )

    for name in ("policy", "critic"):
        assert same(after["both"][name], tape.session.networks[name])
        assert not same(after["both"][name], step.before[name])
    for trained, moved, left in (
        ("actor_only", "policy", "critic"),
        ("critic_only", "critic", "policy"),
    ):
        assert not same(after[trained][moved].head, step.before[moved].head)
        assert same(after[trained][left].head, step.before[left].head)
        assert same(after[trained][left], step.before[left]) == ("split" in cell)


def test_a_long_way_to_the_update_is_bounded() -> None:
    tape = SlowMotion(TrainingSession(short_config(min_batch_steps=64)))
    tape.forward_to({"returns"}, most=3)
    assert tape.session.global_step <= 4


def test_only_an_actor_critic_has_partial_updates() -> None:
    _tape, step = watched_update(CONFIGS["reinforce"])
    assert not isinstance(step.before_update, actor_critic.ActorCriticRun)
    assert isinstance(CONFIGS["split replay"], ActorCriticConfig)
