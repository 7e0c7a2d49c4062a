"""A run stays the same if it is trained in parts, saved, copied, or continued by the reference."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.algorithms.agents import AgentConfig, begin, records_of_step
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.engine import drawn_ahead
from pglab.engine.drawn_ahead import DrawnAhead
from pglab.engine.engine import Engine
from pglab.engine.kernels.steps import Memory, Work
from pglab.engine.memory import Room
from pglab.records import EpisodeRecord, Record, UpdateRecord
from pglab.session.train import train
from pglab.session.training_session import TrainingSession
from pglab.stretch import Stretch, records_of
from tests.engine.pair import DOUBLE, SINGLE, assert_alike, state_of
from tests.oracles import of_type, same_records, take
from tests.oracles_actor_critic import CELLS

SMALL: dict[str, Any] = {
    "hidden_sizes": (16,),
    "total_steps": 1000,
    "seed": 5,
    "eval_interval": 100,
    "smoothing_window": 2,
    "stop_when_solved": False,
}
CONFIGS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(
        **SMALL, baseline="value", episodes_per_update=3, success_return=10.0
    ),
    "reinforce, truncated": ReinforceConfig(**SMALL, env_id="MountainCar-v0", min_batch_steps=1),
    "single steps": ActorCriticConfig(**SMALL),
    "three actions": ActorCriticConfig(**SMALL, env_id="Acrobot-v1", rollout_steps=7),
    **{
        name: ActorCriticConfig(
            **SMALL, **cell, rollout_steps=4, batch_size=16, critic_updates=2, replay_capacity=100
        )
        for name, cell in CELLS.items()
    },
}
EVERY_CONFIG = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
STEPS = 240


# --- A run in parts has the same records


def uncut(config: AgentConfig) -> list[Record]:
    """Return the records of the first `STEPS` steps, trained in one compiled call."""
    return list(records_of(Engine(begin(config)).advance(STEPS)))


def cut(
    config: AgentConfig, advance: Callable[[Engine], Stretch], after: Callable[[Engine], Engine]
) -> list[Record]:
    """Return the records of these steps, trained in many calls. `after` is called after each."""
    engine = Engine(begin(config))
    records: list[Record] = []
    while engine.global_step < STEPS:
        records += records_of(advance(engine))
        engine = after(engine)
    return records


def left_alone(engine: Engine) -> Engine:
    return engine


def saved(engine: Engine) -> Engine:
    engine.save()
    return engine


def loaded(engine: Engine) -> Engine:
    engine.save()
    engine.load()
    return engine


def copied(engine: Engine) -> Engine:
    """Return a new engine, which continues a copy of the run."""
    engine.save()
    return Engine(copy.deepcopy(engine.run))


WAYS_TO_ADVANCE: dict[str, Callable[[Engine], Stretch]] = {
    "step": lambda engine: engine.advance(1),
    "seven steps": lambda engine: engine.advance(7),
    "episode": lambda engine: engine.advance(episodes=1),
    "three updates": lambda engine: engine.advance(updates=3),
}
AFTERWARDS = {one.__name__: one for one in (left_alone, saved, loaded, copied)}


@EVERY_CONFIG
@pytest.mark.parametrize("after", AFTERWARDS.values(), ids=AFTERWARDS)
def test_equal_in_short_calls(config: AgentConfig, after: Callable[[Engine], Engine]) -> None:
    expected = uncut(config)
    for name, advance in WAYS_TO_ADVANCE.items():
        if name == "step" and after is copied:
            continue  # too slow: a copy for each step
        assert same_records(take(cut(config, advance, after), len(expected)), expected)


def test_a_run_stays_solved() -> None:
    episodes = of_type(EpisodeRecord, uncut(CONFIGS["reinforce"]))
    assert not episodes[0].solved
    assert episodes[-1].solved
    assert any(before.solved and after.reading is None for before, after in pairwise(episodes))


def test_a_batch_grows_over_many_calls() -> None:
    config = ReinforceConfig(**SMALL, min_batch_steps=350)
    expected = list(records_of(Engine(begin(config)).advance(400)))
    engine = Engine(begin(config))
    found = [record for _ in range(4) for record in records_of(engine.advance(100))]
    assert len(of_type(UpdateRecord, expected)) == 1
    assert same_records(found, expected)


def test_a_saved_run_stays_as_it_is() -> None:
    """Further training does not change the saved data. Only the networks are trained in place."""
    engine = Engine(begin(CONFIGS["split on_policy"]))
    engine.advance(103)
    engine.save()
    assert isinstance(engine.run, ActorCriticRun)
    assert len(engine.run.rollout) == 3
    before = copy.deepcopy([step._asdict() for step in engine.run.rollout])
    observation = engine.run.observation.copy()
    engine.advance(100)
    assert_alike([step._asdict() for step in engine.run.rollout], before, DOUBLE)
    assert engine.run.observation.tolist() == observation.tolist()


@EVERY_CONFIG
@pytest.mark.parametrize("seconds", [0.007, 1.0])
def test_equal_in_a_session(config: AgentConfig, seconds: float) -> None:
    """A training session also copies the run to make checkpoints."""
    session = TrainingSession(config)
    records: list[Record] = []
    while session.global_step < STEPS:
        for stretch in session.advance(seconds=seconds):
            records += records_of(stretch)
    expected = uncut(config)
    assert same_records(take(records, len(expected)), expected)


@EVERY_CONFIG
def test_equal_in_train(config: AgentConfig) -> None:
    expected = uncut(config)
    assert same_records(take(train(config), len(expected)), expected)


def test_equal_beside_other_threads() -> None:
    alone = {name: uncut(config) for name, config in CONFIGS.items()}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(uncut, [*CONFIGS.values()] * 3))
    for found, expected in zip(together, [*alone.values()] * 3, strict=True):
        assert same_records(found, expected)


@EVERY_CONFIG
def test_no_call_reads_what_another_run_has_left(
    config: AgentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All runs of one thread share the memory for intermediate results of a call."""
    for_call = Room.for_call

    def spoilt(room: Room, *sizes: Any) -> tuple[Memory, Work]:
        memory, work = for_call(room, *sizes)
        for array in (memory.gradients, *work):
            if array is not work.constants:
                array.fill(np.nan if array.dtype.kind == "f" else 1)
        return memory, work

    expected = uncut(config)
    monkeypatch.setattr(Room, "for_call", spoilt)
    engine = Engine(begin(config))
    records: list[Record] = []
    while engine.global_step < STEPS:
        records += records_of(engine.advance(min(7, STEPS - engine.global_step)))
    assert same_records(records, expected)


# --- The end of a call and of a run


@EVERY_CONFIG
def test_a_call_ends_with_the_step_that_reaches_a_limit(config: AgentConfig) -> None:
    engine = Engine(begin(config))
    assert engine.advance(1).steps.global_step.tolist() == [1]
    assert engine.advance(37).steps.global_step.tolist() == list(range(2, 39))
    stretch = engine.advance(episodes=2)
    assert len(stretch.episodes.global_step) == 2
    assert stretch.episodes.global_step[-1] == stretch.steps.global_step[-1] == engine.global_step
    stretch = engine.advance(updates=2)
    assert len(stretch.updates.global_step) == 2
    assert stretch.updates.global_step[-1] == stretch.steps.global_step[-1] == engine.global_step


@pytest.mark.parametrize("steps", [1, 1024])
def test_a_run_ends_after_its_last_step(steps: int) -> None:
    engine = Engine(begin(CONFIGS["single steps"]))
    while not engine.over:
        engine.advance(steps)
    assert engine.global_step == 1000
    assert not len(engine.advance(steps).steps.global_step)


# --- The PyTorch reference continues a run of the engine


@EVERY_CONFIG
def test_the_reference_takes_over(config: AgentConfig) -> None:
    """At several steps of a run, the engine and the PyTorch reference take the same next step.

    Then a new engine continues the reference's run, and takes the same next step, too.
    """
    engine = Engine(begin(config))
    for _ in range(20):
        engine.advance(8)
        engine.save()
        reference = copy.deepcopy(engine.run)
        expected = list(records_of_step(reference))
        assert_alike(list(records_of(engine.advance(1))), expected, SINGLE)
        engine.save()
        assert_alike(state_of(engine.run), state_of(reference), SINGLE)
        back = Engine(reference)
        expected = list(records_of(engine.advance(1)))
        assert_alike(list(records_of(back.advance(1))), expected, SINGLE)


def test_parameters_stay_in_the_memory_of_pytorch() -> None:
    """Between two calls of the engine, the networks contain the current parameters."""
    run = begin(CONFIGS["shared replay"])
    before = copy.deepcopy(run.networks["policy"])
    parameters = list(run.networks["policy"].parameters())
    engine = Engine(run)
    for held, parameter, first in zip(
        parameters, run.networks["policy"].parameters(), before.parameters(), strict=True
    ):
        assert held is parameter
        assert torch.equal(parameter, first)
    engine.advance(100)
    for parameter, first in zip(parameters, before.parameters(), strict=True):
        assert not torch.equal(parameter, first)


# --- Random numbers that are drawn in advance


@pytest.mark.parametrize("most_kept", [0, 5, 1_000])
def test_unused_random_numbers_are_given_back(
    most_kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn_ahead, "MOST_KEPT", most_kept)
    generator, alone = np.random.default_rng(3), np.random.default_rng(3)
    ahead, counts = DrawnAhead(generator), np.random.default_rng(4)
    for number in range(60):
        wanted = int(counts.integers(1, 20))
        used = int(counts.integers(wanted + 1))
        numbers = ahead.ensure(wanted)
        assert len(numbers) >= wanted
        assert numbers[:used].tolist() == alone.random(used).tolist()
        ahead.use(used)
        if number % 3 == 0:
            ahead.give_back()
            assert generator.bit_generator.state == alone.bit_generator.state
