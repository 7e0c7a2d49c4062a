"""REINFORCE: its updates compared with the oracle, and its records."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray

from pglab.algorithms.reinforce import ReinforceRun, reinforce, start
from pglab.config import ReinforceConfig
from pglab.records import EpisodeRecord, StepRecord, UpdateRecord
from pglab.session.train import train
from tests.oracles import (
    SHORT_LIMIT,
    NaiveReinforce,
    assert_follows,
    in_double,
    naive_episodes,
    of_type,
    repeat_outside,
    short_config,
)

EVERYTHING: dict[str, Any] = {
    "baseline": "value",
    "value_learning_rate": 0.02,
    "return_form": "whole_episode",
    "normalize_returns": True,
    "entropy_coefficient": 0.3,
    "activation": "tanh",
    "hidden_sizes": (6, 5),
    "episodes_per_update": 2,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "seminar": {},
    "one episode": {"min_batch_steps": 1},
    "four episodes": {"episodes_per_update": 4, "min_batch_steps": 1},
    "undiscounted": {"gamma": 1.0},
    "short-sighted": {"gamma": 0.0},
    "mean baseline": {"baseline": "mean"},
    "learned baseline": {"baseline": "value", "value_learning_rate": 0.02},
    "whole episode": {"return_form": "whole_episode"},
    "normalised": {"normalize_returns": True},
    "entropy bonus": {"entropy_coefficient": 0.5},
    "everything": EVERYTHING,
    "only truncated": {"env_id": "MountainCar-v0", "hidden_sizes": (), "episodes_per_update": 2},
}


def naive(run: ReinforceRun, oracle_class: type[NaiveReinforce] = NaiveReinforce) -> NaiveReinforce:
    """Make the oracle with the initial parameters of a run."""
    return oracle_class(run.config, run.policy, run.value)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_update_is_the_definition(settings: dict[str, Any]) -> None:
    run = in_double(start(short_config(learning_rate=0.01, seed=3, **settings)))
    updates = assert_follows(naive(run), run, reinforce(run), tolerance=1e-6, most_updates=8)
    assert updates >= 2
    assert run.updates == updates


def test_single_precision_stays_close() -> None:
    run = start(short_config(hidden_sizes=(16,)))
    assert assert_follows(naive(run), run, reinforce(run), tolerance=3e-4) > 10


class Leaking(NaiveReinforce):
    """As in the seminar, the return of a truncated episode includes the next episode's rewards."""

    def restarts(self, step: StepRecord) -> bool:
        return step.terminated


class Reinforcing(NaiveReinforce):
    """A wrong version with the wrong sign: actions with low returns become more likely."""

    def weigh(self, returns: NDArray[np.float64]) -> NDArray[np.float64]:
        return -super().weigh(returns)


class DiscountedGradient(NaiveReinforce):
    """The gradient has the additional factor γᵗ, which the usual algorithm leaves out."""

    def weigh(self, returns: NDArray[np.float64]) -> NDArray[np.float64]:
        ages, age = [], 0
        for kept in self.store:
            ages.append(age)
            age = 0 if self.restarts(kept.step) else age + 1
        return super().weigh(returns) * self.config.gamma ** np.array(ages)


class Summed(NaiveReinforce):
    """A wrong version: the loss is the sum over steps instead of the mean."""

    def weigh(self, returns: NDArray[np.float64]) -> NDArray[np.float64]:
        return super().weigh(returns) * len(returns)


class Impatient(NaiveReinforce):
    """A wrong version: every episode causes an update, even a very short episode."""

    def due(self) -> bool:
        return True


@pytest.mark.parametrize(
    "wrong", [Leaking, Reinforcing, DiscountedGradient, Summed, Impatient], ids=lambda c: c.__name__
)
def test_wrong_versions_are_told_apart(wrong: type[NaiveReinforce]) -> None:
    run = start(short_config())
    with pytest.raises(AssertionError):
        assert_follows(naive(run, wrong), run, reinforce(run), tolerance=3e-4)


BOOKKEEPING = [
    {"episodes_per_update": 1, "min_batch_steps": 1, "eval_interval": 100, "smoothing_window": 3},
    {
        "episodes_per_update": 3,
        "min_batch_steps": 100,
        "success_return": 15.0,
        "eval_interval": 100,
    },
    {"env_id": "CartPole-v1", "episodes_per_update": 5, "min_batch_steps": 64, "seed": 4},
    {"env_id": "MountainCar-v0", "eval_interval": 200, "total_steps": 1100, "seed": 2},
]


@pytest.mark.parametrize("settings", BOOKKEEPING)
def test_bookkeeping(settings: dict[str, Any]) -> None:
    config = short_config(**{"stop_when_solved": False, "smoothing_window": 2, **settings})
    records = list(train(config))
    steps = of_type(StepRecord, records)
    assert of_type(EpisodeRecord, records) == naive_episodes(steps, config)
    assert [step.global_step for step in steps] == list(range(1, config.total_steps + 1))

    order: list[type] = []
    update_steps: list[int] = []
    episode, ended, stored = 1, 0, 0
    for step in steps:
        assert step.episode == episode
        order.append(StepRecord)
        stored += 1
        if step.terminated or step.truncated:
            order.append(EpisodeRecord)
            episode += 1
            ended += 1
            if ended >= config.episodes_per_update and stored >= config.min_batch_steps:
                order.append(UpdateRecord)
                update_steps.append(step.global_step)
                ended, stored = 0, 0
    assert [type(record) for record in records] == order
    updates = of_type(UpdateRecord, records)
    assert [(update.update, update.global_step) for update in updates] == list(
        enumerate(update_steps, start=1)
    )
    for begin, update in zip([0, *update_steps], updates, strict=False):
        batch = steps[begin : update.global_step]
        assert update.actions.tolist() == [step.action for step in batch]
        ends = [step.terminated or step.truncated for step in batch]
        assert update.episode_ends.tolist() == ends


def test_the_short_runs_hold_what_the_tests_need() -> None:
    """There are terminated and truncated episodes, and at least three episodes in some batch."""
    records = list(train(short_config(episodes_per_update=3)))
    episodes = of_type(EpisodeRecord, records)
    assert {episode.truncated for episode in episodes} == {True, False}
    assert all(episode.length == SHORT_LIMIT for episode in episodes if episode.truncated)
    assert max(update.episode_ends.sum() for update in of_type(UpdateRecord, records)) >= 3


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Acrobot-v1", "MountainCar-v0"])
def test_steps_are_those_of_the_environment_and_of_the_random_streams(env_id: str) -> None:
    """A new environment and new random streams reproduce the steps; see `repeat_outside`."""
    config = ReinforceConfig(env_id=env_id, seed=9, total_steps=1200, hidden_sizes=(4,))
    starts = repeat_outside(config, of_type(StepRecord, train(config)))
    assert len(starts) > 2
    assert len(np.unique(starts, axis=0)) == len(starts)


def test_a_run_ends_when_solved() -> None:
    config = short_config(success_return=5.0, smoothing_window=2, eval_interval=100)
    records = list(train(config))
    episodes = of_type(EpisodeRecord, records)
    assert [episode.solved for episode in episodes[-2:]] == [False, True]
    assert len(of_type(StepRecord, records)) == episodes[-1].global_step < config.total_steps


def double_cartpole(**options: Any) -> gymnasium.Env[Any, Any]:
    """Make a CartPole environment whose observations are in double precision."""
    return gymnasium.wrappers.TransformObservation(
        gymnasium.make("CartPole-v1", **options),
        lambda observation: observation.astype(np.float64),
        gymnasium.spaces.Box(-np.inf, np.inf, (4,), np.float64),
    )


def test_environments_with_observations_in_double_precision() -> None:
    env_id = "PglabTests/DoubleCartPole-v0"
    gymnasium.register(env_id, entry_point=double_cartpole)
    try:
        records = list(train(short_config(env_id=env_id)))
    finally:
        del gymnasium.registry[env_id]
    assert of_type(UpdateRecord, records)
