"""If a number is not finite, the engine stops at the reference's step, with the same message."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.agents import AgentConfig, AgentRun, begin
from pglab.algorithms.reinforce import ReinforceRun
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.engine.engine import Engine
from pglab.engine.kernels import gradients
from pglab.engine.settings import SIGNALS
from pglab.records import StepRecord, UpdateRecord
from pglab.session.train import train
from tests.engine.pair import SINGLE, Pair, until_the_end
from tests.oracles import of_type
from tests.oracles_actor_critic import CELLS

Poison = Callable[[AgentRun], None]

KERNELS: Any = gradients  # Numba's kernels have no type annotations

SMALL: dict[str, Any] = {"hidden_sizes": (8,), "total_steps": 1000, "seed": 5}
BUFFER: dict[str, Any] = {"replay_capacity": 100, "batch_size": 16, "critic_updates": 2}


def cell(name: str, **settings: Any) -> ActorCriticConfig:
    """Make settings of a small actor-critic."""
    return ActorCriticConfig(**{"rollout_steps": 4, **SMALL, **BUFFER, **CELLS[name], **settings})


REINFORCE: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(**SMALL),
    "learned baseline": ReinforceConfig(**SMALL, baseline="value", activation="tanh"),
}
ACTOR_CRITIC: dict[str, AgentConfig] = {
    **{name: cell(name, policy_signal="q") for name in CELLS},
    "maximum": cell("split on_policy"),
    "mean": cell("shared replay", policy_signal="advantage_mean"),
    "relu": cell("shared on_policy", activation="relu", max_gradient_norm=0.5),
    "symexp": cell("split on_policy", symexp_heads=True),
    "critic only": cell("split replay", critic_only=True),
    "critic only, shared": cell("shared on_policy", critic_only=True),
    "actor trained alone": cell("split on_policy", trained="actor_only"),
    "critic trained alone": cell("split on_policy", trained="critic_only"),
}
SINGLE_STEPS: dict[str, AgentConfig] = {
    "single steps, shared": cell("shared on_policy", rollout_steps=1),
    "single steps, split": cell("split on_policy", rollout_steps=1),
    "single steps, symexp": cell("shared on_policy", rollout_steps=1, symexp_heads=True),
    "single steps, critic only": cell("split on_policy", rollout_steps=1, critic_only=True),
}
CONFIGS = REINFORCE | ACTOR_CRITIC | SINGLE_STEPS


def problem(config: AgentConfig, poison: Poison) -> str:
    """Train 54 steps, change a number of the run, and finish the run with both engines.

    Both must stop with the same message, which is returned."""
    engine = Engine(begin(config))
    engine.advance(54)
    engine.save()
    poison(engine.run)
    found = Pair(engine.run, SINGLE).finish()
    assert found is not None
    return found


def parameter(network: str, place: int, value: float) -> Poison:
    """Return a function that sets one number of a network's parameter with index `place`.

    The indices −2 and −1 mean the weights and the biases of the head."""

    def poison(run: AgentRun) -> None:
        with torch.no_grad():
            list(run.networks[network].parameters())[place].view(-1)[0] = value

    return poison


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize(("place", "value"), [(0, math.nan), (-2, math.inf), (-1, math.nan)])
def test_the_policy(config: AgentConfig, place: int, value: float) -> None:
    assert "no longer a finite number" in problem(config, parameter("policy", place, value))


@pytest.mark.parametrize("name", [name for name in CONFIGS if name != "reinforce"])
@pytest.mark.parametrize(
    ("place", "value"), [(0, math.nan), (-2, 1e30), (-1, math.nan), (-1, math.inf)]
)
def test_the_critic(name: str, place: int, value: float) -> None:
    network = "value" if name in REINFORCE else "critic"
    assert problem(CONFIGS[name], parameter(network, place, value))


def fill(network: str, body: float, head: float) -> Poison:
    """Return a function that fills a network's body and head with two numbers."""

    def poison(run: AgentRun) -> None:
        *of_body, weights, biases = run.networks[network].parameters()
        with torch.no_grad():
            for one in of_body:
                one.fill_(body)
            for one in (weights, biases):
                one.fill_(head)

    return poison


LARGE_LOSS = (1.0, 1e25)
LARGE_GRADIENT = (1e8, 1e9)  # the loss is finite; the squared norm is not


@pytest.mark.parametrize(("sizes", "name"), [(LARGE_LOSS, "loss"), (LARGE_GRADIENT, "gradient")])
def test_the_loss_of_a_critic_that_learns_alone(sizes: tuple[float, float], name: str) -> None:
    relu: dict[str, Any] = {"activation": "relu"}
    normalised = ReinforceConfig(**SMALL, baseline="value", normalize_returns=True)
    assert f"the {name} is" in problem(normalised, fill("value", *sizes))
    alone = [cell(one, **relu, trained="critic_only", policy_signal="q") for one in CELLS]
    alone += [one.changed(rollout_steps=1) for one in alone]
    for config in alone:
        assert f"{name} is" in problem(config, fill("critic", *sizes))


@pytest.mark.parametrize("name", [*REINFORCE, *CELLS, "symexp", "critic trained alone"])
@pytest.mark.parametrize("value", [math.nan, math.inf, 1e300, 1e30])
def test_a_reward(name: str, value: float) -> None:
    """Change one reward of the batch or the rollout, and 40 rewards in the replay buffer."""

    def poison(run: AgentRun) -> None:
        steps = run.batch if isinstance(run, ReinforceRun) else run.rollout
        steps[-1] = steps[-1]._replace(reward=value)
        if not isinstance(run, ReinforceRun) and run.buffer is not None:
            run.buffer.columns.rewards[:40] = value

    assert problem(CONFIGS[name], poison)


@pytest.mark.parametrize("name", ACTOR_CRITIC)
@pytest.mark.parametrize("value", [math.nan, 1e300])
def test_a_weight(name: str, value: float) -> None:
    def poison(run: AgentRun) -> None:
        assert not isinstance(run, ReinforceRun)
        run.weights[-1] = value

    assert "actor loss" in problem(CONFIGS[name], poison)


def test_a_moment_of_adam() -> None:
    def poison(run: AgentRun) -> None:
        assert isinstance(run, ReinforceRun)
        head = run.optimizer.param_groups[0]["params"][-1]
        run.optimizer.state[head]["exp_avg_sq"][0] = math.nan

    assert "log probability" in problem(CONFIGS["reinforce"], poison)


def test_a_large_learning_rate() -> None:
    """All recorded numbers are finite. Most runs diverge, but rounding decides which ones."""
    rates = {"learning_rate": 1.0, "critic_learning_rate": 1.0, "symexp_heads": True}
    problems = []
    for name in CELLS:
        for rollout_steps in (1, 4):
            config = cell(name, rollout_steps=rollout_steps, **rates)
            records, problem = until_the_end(train(config))
            for update in of_type(UpdateRecord, records):
                losses = update.actor_loss, update.critic_loss, update.entropy, update.weights
                assert all(np.isfinite(loss).all() for loss in losses if loss is not None)
            assert all(math.isfinite(step.log_prob) for step in of_type(StepRecord, records))
            if problem is not None:
                problems.append(problem)
                step = of_type(StepRecord, records)[-1].global_step
                assert problem.startswith(f"Training stopped at step {step:,}: ")
    assert problems


# --- Kernels that choose the largest of several values


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_value_that_is_not_a_number_is_the_greatest(place: int) -> None:
    """NumPy and PyTorch do the same. A comparison with < or > would ignore NaN."""
    values = np.array([2.0, 3.0, 1.0])
    values[place] = math.nan
    assert math.isnan(KERNELS.td_target(1.0, False, values, False, 0.9))
    for action in range(3):
        assert math.isnan(KERNELS.signal_of(SIGNALS.index("advantage_max"), values, values, action))
    policy = np.empty(3)
    KERNELS.greedy_policy(values, 0.3, policy)
    assert np.exp(policy) == pytest.approx([0.8 if k == place else 0.1 for k in range(3)])


def test_the_first_of_several_that_are_not_numbers_is_the_greatest() -> None:
    policy = np.empty(3)
    KERNELS.greedy_policy(np.array([1.0, math.nan, math.nan]), 0.3, policy)
    assert policy.argmax() == torch.tensor([1.0, math.nan, math.nan]).argmax() == 1
