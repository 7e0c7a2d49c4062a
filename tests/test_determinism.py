"""A run is a function of its configuration: nothing else in the process changes it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from pglab.config import ReinforceConfig
from pglab.demonstration import Demonstration
from pglab.environments import ENVIRONMENTS
from pglab.probes import Slice, probability_map
from pglab.records import EpisodeRecord, Record, StepRecord
from pglab.render import shared_renderer
from pglab.session import TrainingSession
from pglab.training import train
from tests.oracles import of_type, same_records

CONFIG = ReinforceConfig(
    seed=5, total_steps=1000, hidden_sizes=(16,), baseline="value", stop_when_solved=False
)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """The undisturbed run."""
    return list(train(CONFIG))


def test_twice_the_same(records: list[Record]) -> None:
    assert same_records(records, train(CONFIG))


@pytest.mark.parametrize("changes", [{"seed": 6}, {"gamma": 0.98}, {"learning_rate": 1.001e-3}])
def test_another_configuration_is_another_run(
    records: list[Record], changes: dict[str, Any]
) -> None:
    assert not same_records(records, train(CONFIG.changed(**changes)))


def test_another_seed_changes_weights_starts_and_actions() -> None:
    first, second = (TrainingSession(CONFIG.changed(seed=seed)) for seed in (5, 6))
    for name in ("policy", "value"):
        weights = (next(session.networks[name].parameters()) for session in (first, second))
        assert not torch.equal(*weights)
    steps, others = (
        of_type(StepRecord, session.advance("step", 50)) for session in (first, second)
    )
    assert not np.array_equal(steps[0].observation, others[0].observation)
    assert [step.action for step in steps] != [step.action for step in others]


def test_interleaved_with_another_run(records: list[Record]) -> None:
    other = CONFIG.changed(seed=6)
    both = list(zip(train(CONFIG), train(other), strict=False))
    assert same_records(records[: len(both)], [first for first, _ in both])
    assert same_records(list(train(other))[: len(both)], [second for _, second in both])


def test_in_two_threads_at_once(records: list[Record]) -> None:
    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(lambda config: list(train(config)), [CONFIG, CONFIG]):
            assert same_records(records, result)


def disturb_global_streams(number: int) -> None:
    """Seed and draw from all global random streams."""
    random.seed(number)
    random.random()
    np.random.seed(number)  # noqa: NPY002
    np.random.random()  # noqa: NPY002
    torch.manual_seed(number)
    torch.rand(3)


def test_with_global_random_streams_disturbed(records: list[Record]) -> None:
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        disturbed = []
        disturb_global_streams(1)
        for number, record in enumerate(train(CONFIG)):
            disturbed.append(record)
            disturb_global_streams(number)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])
    assert same_records(records, disturbed)


def test_global_random_streams_are_left_alone() -> None:
    def states() -> str:
        with np.printoptions(threshold=10_000), torch.random.fork_rng():
            legacy = np.random.get_state()  # noqa: NPY002
            return f"{random.getstate()} {legacy} {torch.get_rng_state().tolist()}"

    before = states()
    session = TrainingSession(CONFIG)
    session.advance("update", 2)
    look(session, Demonstration(CONFIG.env_id, seed=0))
    assert states() == before
    torch.rand(1)
    assert states() != before


def look(session: TrainingSession, demonstration: Demonstration) -> None:
    """Everything that a page does to show a run."""
    policy = session.networks["policy"]
    info = ENVIRONMENTS[session.config.env_id]
    plane = Slice(info, *info.heatmap_axes, fixed=(0.0,) * len(info.axes))
    probability_map(policy, plane, action=0, resolution=5)
    scene = demonstration.scenes(policy, 3)[-1]
    demonstration.episode(policy, 4)
    shared_renderer(session.config.env_id).frame(scene.observation)


def test_looking_changes_nothing(records: list[Record]) -> None:
    def watched() -> Iterator[Record]:
        session = TrainingSession(CONFIG)
        demonstration = Demonstration(CONFIG.env_id, seed=CONFIG.seed)
        look(session, demonstration)
        while not session.finished:
            yield from session.advance("step", 10)
            look(session, demonstration)

    assert same_records(records, watched())


@pytest.mark.parametrize(
    "advance",
    [
        pytest.param(lambda session: session.advance(), id="step"),
        pytest.param(lambda session: session.advance("step", 37), id="37 steps"),
        pytest.param(lambda session: session.advance("episode", 3), id="episodes"),
        pytest.param(lambda session: session.advance("update", 2), id="updates"),
        pytest.param(lambda session: session.advance(seconds=0.01), id="seconds"),
    ],
)
@pytest.mark.parametrize("success_return", [500.0, 20.0], ids=["total_steps", "solved"])
def test_however_it_is_advanced(
    advance: Callable[[TrainingSession], list[Record]], success_return: float
) -> None:
    config = CONFIG.changed(
        stop_when_solved=True, success_return=success_return, smoothing_window=1, eval_interval=100
    )
    session = TrainingSession(config)
    advanced = []
    while not session.finished:
        advanced += advance(session)
    assert same_records(advanced, train(config))
    assert session.outcome == ("total_steps" if success_return == 500 else "solved")


def test_a_kept_record_stays_as_it_was(records: list[Record]) -> None:
    run = train(CONFIG)
    kept = [record for record, _ in zip(run, range(100), strict=False)]
    frozen = [repr(record) for record in kept]
    list(run)
    assert [repr(record) for record in kept] == frozen
    assert of_type(EpisodeRecord, kept)
