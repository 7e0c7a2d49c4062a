"""The pushes on log π, small changes of a state, their words, and the nearest states.

Each number is compared with another way to compute it: finite differences, autograd written out
for one layer after another, and searches over all states.
"""

from __future__ import annotations

import copy
import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.looks.nearest_states import NearestStates, nearest_states
from pglab.looks.why_action import WhyAction, small_step, why_action
from pglab.looks.why_words import plain, rounded_text, searched_words, sentence
from pglab.networks import ActionValueNetwork, Body, EpsilonGreedyPolicy, PolicyNetwork
from pglab.records import StepRecord, UpdateRecord
from pglab.session.training_session import TrainingSession
from tests.oracles import advance_records, same_records, short_config
from tests.oracles_actor_critic import short_cell

CARTPOLE = ENVIRONMENTS["CartPole-v1"]
PUSH = re.compile(r"(?:: |\()([+−]\d+\.\d\d)")


def random_policy(
    seed: int, info: EnvironmentInfo, activation: str = "tanh", **options: Any
) -> PolicyNetwork:
    generator = torch.Generator().manual_seed(seed)
    body = Body(len(info.axes), (9, 7), activation, generator)
    policy = PolicyNetwork(body, len(info.actions), generator, **options)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.mul_(2.5)
    return policy


def random_state(seed: int, info: EnvironmentInfo) -> NDArray[np.float32]:
    low, high = np.array([(axis.low, axis.high) for axis in info.axes]).T
    drawn: NDArray[np.float32] = np.random.default_rng(seed).uniform(low, high).astype(np.float32)
    return drawn


def log_pi_written_out(policy: nn.Module, state: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log π in double precision, with the layers written out."""
    values = state
    layers = [layer for layer in policy.modules() if isinstance(layer, nn.Linear)]
    for layer in layers[:-1]:
        values = np.tanh(layer.weight.detach().double().numpy() @ values + bias(layer))
    logits = layers[-1].weight.detach().double().numpy() @ values + bias(layers[-1])
    if getattr(policy, "_symexp_head", False):
        logits = np.sign(logits) * np.expm1(np.abs(logits))
    shifted = logits - logits.max()
    result: NDArray[np.float64] = shifted - math.log(np.exp(shifted).sum())
    return result


def bias(layer: nn.Linear) -> NDArray[np.float64]:
    values: NDArray[np.float64] = layer.bias.detach().double().numpy()
    return values


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
@pytest.mark.parametrize("options", [{}, {"symexp_head": True}, {"stop_gradient": True}])
def test_pushes_equal_finite_differences(env_id: str, options: dict[str, Any]) -> None:
    info = ENVIRONMENTS[env_id]
    for seed in range(4):
        policy, state = random_policy(seed, info, **options), random_state(seed, info)
        for action in range(len(info.actions)):
            found = why_action(policy, info, state, action)
            for axis in range(len(info.axes)):
                step = np.zeros(len(info.axes))
                step[axis] = 1e-6
                above, below = (
                    log_pi_written_out(policy, state.astype(np.float64) + way * step)[action]
                    for way in (1, -1)
                )
                slope = (above - below) / 2e-6
                assert found.pushes[axis] == pytest.approx(slope * state[axis], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_gradient_equals_autograd(activation: str) -> None:
    for seed in range(5):
        policy, state = random_policy(seed, CARTPOLE, activation), random_state(seed, CARTPOLE)
        plain = copy.deepcopy(policy).double()
        inputs = torch.tensor(state.astype(np.float64), requires_grad=True)
        torch.log_softmax(plain.head(plain.body(inputs)), dim=0)[1].backward()
        assert inputs.grad is not None
        found = why_action(policy, CARTPOLE, state, 1)
        np.testing.assert_allclose(found.gradient, inputs.grad.numpy(), rtol=1e-12)
        assert all(parameter.grad is None for parameter in policy.parameters())


def test_small_changes_are_exact_beside_the_linear_estimate() -> None:
    for seed in range(5):
        policy, state = random_policy(seed, CARTPOLE), random_state(seed, CARTPOLE)
        found = why_action(policy, CARTPOLE, state, 0)
        pairs = list(itertools.product(range(4), (-1, 1)))
        assert [(change.axis, np.sign(change.delta)) for change in found.changes] == pairs
        for change in found.changes:
            moved = state.astype(np.float64)
            moved[change.axis] += change.delta
            expected = np.exp(log_pi_written_out(policy, moved))
            np.testing.assert_allclose(change.exact, expected, atol=1e-5)
            slope = found.probabilities[0] * found.gradient[change.axis]
            linear = found.probabilities[0] + change.delta * slope
            assert change.linear == pytest.approx(linear, rel=1e-12)


def test_small_steps_are_sensible_numbers() -> None:
    steps = {name: [small_step(axis) for axis in info.axes] for name, info in ENVIRONMENTS.items()}
    assert steps["CartPole-v1"] == pytest.approx([0.2, 0.3, 0.02, 0.3])
    assert steps["Acrobot-v1"] == pytest.approx([0.1, 0.1, 0.1, 0.1, 1, 3])
    assert steps["MountainCar-v0"] == pytest.approx([0.09, 0.007])


# --- Words


def explained(pushes: list[float], pi: list[float], action: int, env_id: str) -> WhyAction:
    """An explanation with these pushes at a state whose coordinates are all 0.5."""
    state = np.full(len(pushes), 0.5)
    info = ENVIRONMENTS[env_id]
    return WhyAction(info, state, action, np.array(pi), np.array(pushes) / state, (), greedy=False)


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_the_sentence_says_what_the_numbers_say(env_id: str) -> None:
    info = ENVIRONMENTS[env_id]
    for seed in range(60):
        action = seed % len(info.actions)
        why = why_action(random_policy(seed, info), info, random_state(seed + 100, info), action)
        text, shown = sentence(why), why.pushes.round(2)
        told = [float(number.replace("−", "-")) for number in PUSH.findall(text)]
        most = shown[np.abs(shown).argmax()]
        strongest = np.flatnonzero(np.abs(shown) == abs(most))
        opposite = shown[np.sign(shown) == -np.sign(most)]
        assert f"log π({info.actions[action]})" in text
        if most == 0:
            assert "No coordinate pushes" in text
            continue
        if len(strongest) > 1:
            assert told == shown[strongest].tolist()
            assert "equally strongly." in text
            continue
        assert told[0] == most
        assert told[1:] == ([opposite[np.abs(opposite).argmax()]] if len(opposite) else [])
        first = text.split("; ")
        if most > 0 or len(info.actions) == 2:
            toward = action if most > 0 else 1 - action
            assert first[1].startswith(f"this pushes most towards {info.actions[toward]}: ")
        else:
            assert first[1].startswith(f"this pushes most away from {info.actions[action]}: ")
        if env_id == "CartPole-v1":
            side = "right" if why.observation[strongest[0]] > 0 else "left"
            assert f"to the {side}" in first[0]
            assert ("The pole" if strongest[0] > 1 else "The cart") in first[0]
        else:
            assert first[0].lower().startswith(info.axes[strongest[0]].name)


def test_the_example_of_the_leaning_pole() -> None:
    why = explained([0.1, -0.2, 0.804, 0.0], [0.3, 0.7], 1, "CartPole-v1")
    why.observation[:] = [0.02, -0.31, math.radians(3.1), 0.0]
    why.gradient[:] = np.array([0.1, -0.2, 0.804, 0.0]) / [0.02, -0.31, math.radians(3.1), 1.0]
    assert sentence(why).replace("\N{NO-BREAK SPACE}", " ") == (
        "The pole leans 3.1° to the right; this pushes most towards right: +0.80 to log π(right). "
        "The strongest push the other way: the cart moves to the left at 0.31 m/s (−0.20)."
    )


def test_ties_zeros_dominance_and_divergence_have_their_own_sentences() -> None:
    tied = sentence(explained([0.8, -0.801, 0.1, 0.0], [0.5, 0.5], 0, "CartPole-v1"))
    assert "(+0.80)" in tied
    assert "(−0.80)" in tied
    assert tied.endswith("these push log π(left) equally strongly.")
    alone = sentence(explained([0.2, 0.1], [0.2, 0.3, 0.5], 2, "MountainCar-v0"))
    assert alone.endswith("No coordinate pushes the other way by more than 0.005.")
    nothing = sentence(explained([0.004, -0.003], [0.4, 0.3, 0.3], 0, "MountainCar-v0"))
    assert nothing == "No coordinate pushes log π(left) by more than 0.005."
    sure = sentence(explained([0.0, 0.0], [0.0, 0.001, 0.999], 2, "MountainCar-v0"))
    assert "almost always takes “right” here (99.90%)" in sure
    broken = random_policy(0, CARTPOLE)
    with torch.no_grad():
        broken.head.weight.fill_(math.nan)
    why = why_action(broken, CARTPOLE, random_state(0, CARTPOLE), 0)
    assert "no longer finite" in sentence(why)


def test_values_read_well() -> None:
    pole, position = CARTPOLE.axes[2], CARTPOLE.axes[0]
    assert [plain(value) for value in (0.0, -0.0512, 12.34, 1e-5, math.nan)] == [
        "0", "−0.051", "12", "0.00001", "–",
    ]  # fmt: skip
    assert rounded_text(pole, math.radians(-3.14159)) == "−3.1°"
    assert rounded_text(position, -0.0004) == "0.00\N{NO-BREAK SPACE}m"
    assert rounded_text(ENVIRONMENTS["MountainCar-v0"].axes[1], -0.0123) == "−0.012"


def test_an_epsilon_greedy_policy_pushes_nothing_but_its_changes_are_exact() -> None:
    generator = torch.Generator().manual_seed(0)
    critic = ActionValueNetwork(Body(4, (6,), "tanh", generator), 2, generator)
    policy = EpsilonGreedyPolicy(critic, 0.1)
    why = why_action(policy, CARTPOLE, random_state(0, CARTPOLE), 0)
    assert not why.pushes.any()
    assert "ε-greedy" in sentence(why)
    assert {round(float(change.exact[0]), 3) for change in why.changes} <= {0.05, 0.95}
    assert all(change.linear == pytest.approx(why.probabilities[0]) for change in why.changes)


# --- Nearest states


CONFIGS: dict[str, AgentConfig] = {
    "reinforce": short_config(hidden_sizes=(6,)),
    "long batch": ReinforceConfig(hidden_sizes=(6,), min_batch_steps=300, seed=1),
    "shared": ActorCriticConfig.shared_on_policy(seed=2).changed(hidden_sizes=(6,)),
    "split": short_cell(body="split", critic_data="replay"),
}


def learned_step_by_step(config: AgentConfig, count: int) -> tuple[TrainingSession, list[Any]]:
    """Train `count` steps. Return also each step of which an update has learned, with wₜ and Gₜ."""
    session = TrainingSession(config)
    waiting: list[Any] = []
    learned: list[Any] = []
    for record in advance_records(session, "step", count):
        if isinstance(record, StepRecord):
            waiting.append(record)
        elif isinstance(record, UpdateRecord):
            returns = record.returns if record.returns is not None else record.weights
            learned += zip(waiting, record.weights, returns, strict=True)
            waiting = []
    return session, learned


@pytest.mark.parametrize("name", ["reinforce", "long batch", "shared"])
def test_the_nearest_steps_of_the_latest_updates(name: str) -> None:
    session, learned = learned_step_by_step(CONFIGS[name], 420)
    here = np.array([0.01, 0.2, -0.01, -0.3], np.float32)
    found = nearest_states(session, CARTPOLE, here)
    assert found.source == "updates"
    assert 0 < found.searched <= len(learned)
    lengths = np.array([axis.high - axis.low for axis in CARTPOLE.axes])

    def distance(row: Any) -> float:
        return float(np.sqrt(np.sum(((row[0].observation - here) / lengths) ** 2)))

    nearest = sorted(learned[-found.searched :], key=distance)[:5]
    steps = [row[0] for row in nearest]
    np.testing.assert_allclose(found.distances, [distance(row) for row in nearest])
    assert found.actions.tolist() == [step.action for step in steps]
    assert found.ages.tolist() == [session.global_step - step.global_step for step in steps]
    np.testing.assert_array_equal(found.numbers["weight"], [row[1] for row in nearest])
    if name != "shared":
        np.testing.assert_array_equal(found.numbers["return"], [row[2] for row in nearest])


def test_the_nearest_transitions_of_the_replay_buffer() -> None:
    session, _learned = learned_step_by_step(CONFIGS["split"], 200)
    assert session.buffer is not None
    held = [session.buffer.rows(np.array([place])) for place in range(len(session.buffer))]
    here = held[3].observations[0]
    found = nearest_states(session, CARTPOLE, here)
    assert (found.source, found.searched) == ("buffer", 30)
    lengths = np.array([axis.high - axis.low for axis in CARTPOLE.axes])
    distances = sorted(np.linalg.norm((one.observations[0] - here) / lengths) for one in held)
    np.testing.assert_allclose(found.distances, distances[:5])
    assert found.distances[0] == 0.0
    critic = session.networks["critic"]
    with torch.no_grad():
        following = critic(torch.as_tensor(held[3].next_observations)).max().item()
    goes_on = 0.0 if held[3].terminated[0] else 1.0
    target = held[3].rewards[0] + session.config.gamma * goes_on * following
    assert found.numbers["target"][0] == pytest.approx(target, rel=1e-5)
    assert found.ages[0] == session.global_step - held[3].collected[0]


def test_before_the_first_update_there_is_nothing_to_compare_with() -> None:
    session = TrainingSession(CONFIGS["long batch"])
    session.advance("step", 20)
    found = nearest_states(session, CARTPOLE, np.zeros(4))
    assert (found.source, found.searched, len(found.actions)) == ("nothing", 0, 0)
    assert "has not learned yet" in searched_words(found, CARTPOLE)


def test_the_words_count_the_actions_of_the_nearest_states() -> None:
    none = np.zeros(3)
    actions = np.array([1, 0, 1])
    found = NearestStates("buffer", 1024, np.zeros((3, 4)), none, actions, none, actions)
    assert searched_words(found, CARTPOLE) == (
        "Searched: the 1,024 transitions in the replay buffer. In the 3 nearest ones, the agent "
        "chose: 1 × “left”, 2 × “right”."
    )


@pytest.mark.parametrize("name", ["reinforce", "split"])
def test_looking_never_changes_the_run(name: str) -> None:
    alone, watched = TrainingSession(CONFIGS[name]), TrainingSession(CONFIGS[name])
    expected = advance_records(alone, "step", 300)
    found = []
    for _part in range(30):
        found += advance_records(watched, "step", 10)
        state = watched.history.steps.observation[-1]
        why_action(watched.networks["policy"], CARTPOLE, state, 1)
        nearest_states(watched, CARTPOLE, state)
    assert same_records(expected, found)
    for one, other in zip(
        alone.networks["policy"].parameters(), watched.networks["policy"].parameters(), strict=True
    ):
        assert torch.equal(one, other)
