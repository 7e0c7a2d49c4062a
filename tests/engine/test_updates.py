"""With every setting, the engine makes the same updates as the reference, except for rounding."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.algorithms.agents import AgentConfig, begin
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.engine.kernels.steps import BLOCK
from tests.engine.pair import Pair
from tests.oracles import in_double
from tests.oracles_actor_critic import CELLS

Settings = dict[str, Any]


@pytest.fixture(autouse=True)
def _in_double(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The reference computes in double precision, because rounding may hide mistakes."""
    double = partial(torch.as_tensor, dtype=torch.float64)
    for module in ("reinforce", "actor_critic"):
        monkeypatch.setattr(f"pglab.algorithms.{module}.tensor", double)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def pair_of(config: AgentConfig, *, elapsed: int = 0, global_step: int = 0) -> Pair:
    """Make a `Pair` of new runs in double precision.

    `global_step` is the number of steps before the first episode. `elapsed` is the number of steps
    that count as already taken in the first episode.
    """
    run = in_double(begin(config))
    run.global_step = global_step
    run.environment.set_wrapper_attr("_elapsed_steps", elapsed)
    return Pair(run)


# --- REINFORCE

REINFORCE: dict[str, Settings] = {
    "defaults": {},
    "every episode": {"min_batch_steps": 1},
    "several episodes": {"episodes_per_update": 4, "min_batch_steps": 1},
    "several blocks": {"min_batch_steps": 2 * BLOCK + 10},
    "several blocks, learned baseline": {"min_batch_steps": 2 * BLOCK + 10, "baseline": "value"},
    "mean": {"baseline": "mean"},
    "learned baseline": {"baseline": "value", "value_learning_rate": 0.05},
    "learned baseline, tanh": {"baseline": "value", "activation": "tanh"},
    "whole episode": {"return_form": "whole_episode", "gamma": 0.8},
    "whole episode, mean": {"return_form": "whole_episode", "baseline": "mean"},
    "whole episode, learned baseline": {"return_form": "whole_episode", "baseline": "value"},
    "normalised": {"normalize_returns": True},
    "normalised, learned baseline": {"normalize_returns": True, "baseline": "value"},
    "equal weights, normalised": {"normalize_returns": True, "gamma": 0.0},
    "equal returns, normalised": {
        "normalize_returns": True,
        "return_form": "whole_episode",
        "min_batch_steps": 1,
    },
    "no discount": {"gamma": 1.0},
    "entropy bonus": {"entropy_coefficient": 0.5},
    "no hidden layers": {"hidden_sizes": (), "baseline": "value"},
    "four layers, ReLU": {"hidden_sizes": (16, 8, 4, 8), "baseline": "value"},
    "four layers, tanh": {"hidden_sizes": (16, 8, 4, 8), "activation": "tanh"},
    "odd layers": {"hidden_sizes": (21, 18, 3), "baseline": "value"},
    "one unit": {"hidden_sizes": (1,), "activation": "tanh", "baseline": "value"},
    "three actions": {"env_id": "Acrobot-v1", "baseline": "value", "entropy_coefficient": 0.1},
    "truncated episodes": {
        "env_id": "MountainCar-v0",
        "baseline": "mean",
        "min_batch_steps": 200,  # the length of an episode
    },
}

CHANGES_OF_REINFORCE: list[Settings] = [
    {"learning_rate": 0.03, "gamma": 0.5, "normalize_returns": True},
    {"return_form": "whole_episode", "min_batch_steps": 1, "value_learning_rate": 0.1},
    {"normalize_returns": False, "episodes_per_update": 3, "entropy_coefficient": 0.3},
]


@pytest.mark.parametrize("settings", REINFORCE.values(), ids=REINFORCE)
def test_reinforce(settings: Settings) -> None:
    quick = {"seed": 3, "hidden_sizes": (8,), "learning_rate": 0.01, "min_batch_steps": 30}
    pair = pair_of(ReinforceConfig(**{**quick, **settings}), elapsed=490)
    for _ in range(3):
        record = pair.update()
        pair.compare()
    assert record.update == 3
    assert (record.critic_loss is None) == (settings.get("baseline") != "value")
    assert len(record.weights) >= settings.get("min_batch_steps", 30)


# --- Actor-critic

ACTOR_CRITIC: dict[str, Settings] = {
    "defaults": {},
    "Q": {"policy_signal": "q"},
    "advantage over the mean": {"policy_signal": "advantage_mean"},
    "entropy bonus": {"entropy_coefficient": 0.5},
    "clipped": {"max_gradient_norm": 0.3, "policy_signal": "q"},
    "no gradient from the actor": {"stop_gradient": "actor", "policy_signal": "q"},
    "no gradient from the critic": {"stop_gradient": "critic", "policy_signal": "q"},
    "symexp": {"symexp_heads": True, "policy_signal": "advantage_mean"},
    "symexp, entropy bonus": {"symexp_heads": True, "entropy_coefficient": 0.5},
    "symexp, critic only": {"symexp_heads": True, "critic_only": True},
    "critic only": {"critic_only": True, "policy_signal": "advantage_mean"},
    "actor trained alone": {"trained": "actor_only", "policy_signal": "q"},
    "critic trained alone": {"trained": "critic_only", "policy_signal": "q"},
    "none trained": {"trained": "actor_only", "critic_only": True},
    "alone and kept out": {"trained": "critic_only", "stop_gradient": "critic"},
    "heavy critic": {"value_loss_coefficient": 3.0},
    "weightless critic": {"value_loss_coefficient": 0.0},
    "no pull, no discount": {"q_regularization": 0.0, "gamma": 1.0},
    "strong pull": {"q_regularization": 2.0, "gamma": 0.5},
    "matched": {"match_parameters": True, "hidden_sizes": (12, 10)},
    "relu": {"activation": "relu", "policy_signal": "q"},
    "no hidden layers": {"hidden_sizes": (), "policy_signal": "q"},
    "four layers": {"hidden_sizes": (16, 8, 4, 8), "policy_signal": "q"},
    "odd layers": {"hidden_sizes": (21, 18, 3), "policy_signal": "q", "activation": "relu"},
    "three actions": {"env_id": "Acrobot-v1", "policy_signal": "advantage_mean"},
    "three actions, critic only": {"env_id": "Acrobot-v1", "critic_only": True},
    "two numbers observed": {"env_id": "MountainCar-v0", "policy_signal": "q"},
    "everything": {
        "policy_signal": "advantage_mean",
        "symexp_heads": True,
        "value_loss_coefficient": 0.5,
        "entropy_coefficient": 0.2,
        "stop_gradient": "critic",
        "max_gradient_norm": 0.5,
        "match_parameters": True,
        "hidden_sizes": (9, 5, 3),
        "activation": "relu",
    },
}
CHANGES_OF_ACTOR_CRITIC: list[Settings] = [
    {"learning_rate": 0.03, "critic_learning_rate": 0.001, "rollout_steps": 6},
    {"critic_only": True, "gamma": 0.9, "batch_size": 5, "critic_updates": 2},
    {"critic_only": False, "policy_signal": "q", "max_gradient_norm": 0.5, "rollout_steps": 1},
    {"trained": "actor_only", "rollout_steps": 3, "entropy_coefficient": 0.3},
    {"trained": "critic_only", "q_regularization": 1.0, "value_loss_coefficient": 2.0},
    {"trained": "both", "rollout_steps": 2 * BLOCK, "batch_size": 2 * BLOCK},
    {"rollout_steps": 4},
]
EVERY_CELL = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)


def cell_config(cell: Settings, **settings: Any) -> ActorCriticConfig:
    """Make settings of a small agent whose replay buffer is soon full."""
    quick: Settings = {
        "seed": 8,
        "hidden_sizes": (6, 5),
        "learning_rate": 0.01,
        "critic_learning_rate": 0.02,
        "replay_capacity": 20,
        "batch_size": 6,
        "critic_updates": 3,
    }
    return ActorCriticConfig(**{**quick, **cell, **settings})


@EVERY_CELL
@pytest.mark.parametrize("settings", ACTOR_CRITIC.values(), ids=ACTOR_CRITIC)
def test_actor_critic_with_batches(cell: Settings, settings: Settings) -> None:
    """The first episode is truncated after 7 steps. The next episodes terminate."""
    limit = 200 if settings.get("env_id") == "MountainCar-v0" else 500
    pair = pair_of(cell_config(cell, rollout_steps=5, **settings), elapsed=limit - 7)
    records = [pair.update() for _ in range(6)]
    pair.compare()
    learns = settings.get("trained") != "actor_only"
    assert any(record.critic is not None for record in records) == learns


@pytest.mark.parametrize("body", ["shared", "split"])
@pytest.mark.parametrize("settings", ACTOR_CRITIC.values(), ids=ACTOR_CRITIC)
def test_actor_critic_with_single_steps(body: str, settings: Settings) -> None:
    """Without replay, the engine has special code for updates on a single step."""
    pair = pair_of(cell_config({"body": body}, rollout_steps=1, **settings), elapsed=490)
    for _ in range(6):
        pair.update()
    pair.compare()
    for _ in range(6):
        pair.update()
    pair.compare()


@pytest.mark.parametrize("body", ["shared", "split"])
def test_replay_after_single_steps(body: str) -> None:
    """The replay buffer is full after 20 steps, so later steps replace old steps."""
    pair = pair_of(cell_config({"body": body, "critic_data": "replay"}, rollout_steps=1))
    critics = [pair.update().critic for _ in range(50)]
    pair.compare()
    assert [critic is not None for critic in critics] == [False] * 5 + [True] * 45


@EVERY_CELL
@pytest.mark.parametrize("rollout_steps", [BLOCK // 2 + 1, 2 * BLOCK + 10])
def test_actor_critic_with_several_blocks(cell: Settings, rollout_steps: int) -> None:
    large = {"replay_capacity": 600, "batch_size": BLOCK + 3, "critic_updates": 2}
    pair = pair_of(cell_config(cell, rollout_steps=rollout_steps, **large, policy_signal="q"))
    for _ in range(3):
        pair.update()
    pair.compare()


# --- Both algorithms


@pytest.mark.parametrize("stop_when_solved", [True, False])
@pytest.mark.parametrize("before", [0, 199])
def test_the_end_of_a_run(before: int, stop_when_solved: bool) -> None:
    """The run ends at the step at which the task counts as solved, or after all steps.

    Each episode has 200 steps and the return −200. An episode counts if it contains a multiple
    of 200 as step number.

    Three counted episodes solve the task. `before` is the number of steps before the first episode.
    """
    config = ReinforceConfig(
        env_id="MountainCar-v0",
        hidden_sizes=(4,),
        total_steps=1000,
        eval_interval=200,
        smoothing_window=3,
        success_return=-200.0,
        stop_when_solved=stop_when_solved,
    )
    pair = pair_of(config, global_step=before)
    assert pair.finish() is None
    pair.compare()
    assert pair.compiled.solved
    assert pair.compiled.global_step == (before + 600 if stop_when_solved else 1000)


@pytest.mark.parametrize("config", [ReinforceConfig(), ActorCriticConfig()], ids=["R", "AC"])
def test_an_episode_that_terminates_at_the_time_limit(config: AgentConfig) -> None:
    run = in_double(begin(config.changed(hidden_sizes=(4,), total_steps=1000)))
    leaving = np.array([2.39, 2.0, 0.0, 0.0])  # the next step leaves the track
    run.environment.set_wrapper_attr("state", leaving)
    run.environment.set_wrapper_attr("_elapsed_steps", 499)
    run.observation = leaving.astype(np.float32)
    pair = Pair(run)
    pair.update()
    pair.compare()
    assert pair.compiled.episodes >= 1


def test_readings() -> None:
    """The window of three returns is soon full. A new return enters it between two updates."""
    config = cell_config({}, hidden_sizes=(4,), total_steps=1000, rollout_steps=50)
    pair = pair_of(config.changed(eval_interval=100, smoothing_window=3, learning_rate=1e-4))
    for _ in range(5):
        pair.update()
        pair.compare()
    assert pair.finish() is None
    pair.compare()
    assert len(set(pair.compiled.reading.returns)) == 3


def test_adam_constants_are_those_of_the_optimiser() -> None:
    run = in_double(begin(cell_config({"body": "split"})))
    assert isinstance(run, ActorCriticRun)
    for optimizer in (run.actor_optimizer, run.critic_optimizer):
        optimizer.param_groups[0].update(betas=(0.5, 0.9), eps=0.01)
    pair = Pair(run)
    for _ in range(3):
        pair.update()
    pair.compare()


def test_settings_of_reinforce_changed_on_the_way() -> None:
    config = ReinforceConfig(hidden_sizes=(8,), baseline="value", min_batch_steps=30, seed=1)
    pair = pair_of(config)
    for change in CHANGES_OF_REINFORCE:
        pair.update()
        pair.change(**change)
    pair.update()
    pair.compare()


@EVERY_CELL
def test_settings_of_an_actor_critic_changed_on_the_way(cell: Settings) -> None:
    pair = pair_of(cell_config(cell, rollout_steps=40, replay_capacity=700))
    for change in CHANGES_OF_ACTOR_CRITIC:
        pair.update()
        pair.change(**change)
    pair.update()
    pair.compare()


def test_a_rollout_that_is_longer_than_the_new_setting_is_used_at_the_next_step() -> None:
    pair = pair_of(cell_config(CELLS["split on_policy"], rollout_steps=16))
    pair.advance(10)
    pair.change(rollout_steps=4)
    assert len(pair.update().weights) == 11
    pair.compare()
