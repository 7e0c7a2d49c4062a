"""A stretch is a part of a run. Its columns and its records contain the same data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig
from pglab.records import (
    Conflict,
    CriticBatch,
    EpisodeRecord,
    Record,
    StepRecord,
    UpdateRecord,
)
from pglab.session.train import train
from pglab.stretch import records_of, step_records, stretch_of, update_record
from tests.oracles import of_type, same_records, short_config, take
from tests.oracles_actor_critic import CELLS, short_cell

CONFIGS: dict[str, AgentConfig] = {
    "REINFORCE": short_config(),
    "REINFORCE with a value baseline": short_config(baseline="value", episodes_per_update=3),
    "critic only": short_cell(critic_only=True),
    "stopped gradient": short_cell(stop_gradient="actor"),
    "preset": ActorCriticConfig.split_replay(seed=1, batch_size=16),
    **{name: short_cell(**cell) for name, cell in CELLS.items()},
}
COUNT = 400  # number of records that the tests take from each run


@pytest.fixture(scope="module", params=list(CONFIGS.values()), ids=list(CONFIGS))
def records(request: pytest.FixtureRequest) -> list[Record]:
    """The first records of a run that PyTorch trains; one run for each configuration."""
    return take(train(request.param.changed(engine="reference")), COUNT)


def step(number: int, *, terminated: bool = False, truncated: bool = False) -> StepRecord:
    """Make a step whose observation contains the step's number."""
    observation = np.array([number, 0.5], np.float32)
    probabilities = np.array([0.25, 0.75], np.float32)
    step = (number, 1, observation, number % 2, probabilities, -0.5, 1.0)
    return StepRecord(*step, terminated, truncated, observation + 1)


def episode(number: int, *, reading: float | None) -> EpisodeRecord:
    """Make the record of an episode that ended at step `number`."""
    return EpisodeRecord(number, 1, float(number), number, True, reading, reading is not None)


def update(number: int, size: int, **settings: Any) -> UpdateRecord:
    """Make the record of an actor-critic's update at step `number` on `size` steps."""
    nothing: dict[str, Any] = {"actor_loss": None, "critic_loss": None, "returns": None}
    norms: dict[str, Any] = {"actor_gradient_norm": None, "critic_gradient_norm": None}
    return UpdateRecord(
        global_step=number,
        update=number,
        entropy=0.5,
        actions=np.arange(size) % 2,
        weights=np.linspace(0.0, 1.0, size),
        episode_ends=np.arange(size) == size - 1,
        **nothing | norms | settings,
    )


# --- Records are converted to columns and back


def test_records_come_back_as_they_were(records: list[Record]) -> None:
    assert same_records(records_of(stretch_of(records)), records)


@pytest.mark.parametrize("size", [1, 7])
def test_stretches_of_any_length_hold_the_same_records(records: list[Record], size: int) -> None:
    starts = [n for n, record in enumerate(records) if isinstance(record, StepRecord)][::size]
    parts = [records[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
    stretches = [stretch_of(part) for part in parts]
    assert len(stretches) > 10
    assert same_records((r for stretch in stretches for r in records_of(stretch)), records)


def test_the_runs_hold_what_the_tests_need() -> None:
    """The runs contain all cases: fields with and without None, steps with other records after."""
    runs = [take(train(config.changed(engine="reference")), COUNT) for config in CONFIGS.values()]
    updates = [update for run in runs for update in of_type(UpdateRecord, run)]
    optional = ("actor_loss", "critic_loss", "critic_gradient_norm", "returns", "critic")
    for name in (*optional, "actor_gradient_norm", "conflict"):
        assert {getattr(update, name) is None for update in updates} == {True, False}, name
    kinds = {tuple(map(type, run[n : n + 3])) for run in runs for n in range(COUNT - 2)}
    assert (StepRecord, EpisodeRecord, UpdateRecord) in kinds
    assert (StepRecord, UpdateRecord, StepRecord) in kinds


def test_numbers_that_may_be_missing() -> None:
    """Fields may be None or NaN, and only some updates may have a batch of the critic."""
    batch = CriticBatch(np.array([1.0, 2.0]), np.array([3.0, 5.0]), np.array([4, 0]))
    records: list[Record] = [
        step(1, terminated=True),
        episode(1, reading=None),
        update(1, 1),
        step(2),
        update(2, 2, critic=batch, critic_loss=0.25, conflict=Conflict(np.nan, 0.0, 2.0)),
        step(3, truncated=True),
        episode(3, reading=7.5),
        update(3, 3, actor_loss=0.5, conflict=Conflict(-0.5, 1.0, 2.0)),
    ]
    stretch = stretch_of(records)
    assert same_records(records_of(stretch), records)
    assert stretch.steps.ended.tolist() == [True, False, True]
    np.testing.assert_array_equal(stretch.episodes.reading, [np.nan, 7.5])
    np.testing.assert_array_equal(stretch.updates.actor_loss, [np.nan, np.nan, 0.5])
    np.testing.assert_array_equal(stretch.updates.td_error, [np.nan, 2.5, np.nan])
    assert stretch.updates.batch_end.tolist() == [1, 3, 6]
    assert stretch.updates.critic_end.tolist() == [0, 2, 2]
    assert stretch.critic_batches.age.tolist() == [4, 0]
    np.testing.assert_array_equal(stretch.batches.batch_return, np.full(6, np.nan))


# --- Parts of a stretch


def test_a_stretch_without_a_row() -> None:
    stretch = stretch_of([])
    assert list(records_of(stretch)) == []
    assert {len(column) for part in stretch for column in part} == {0}
    assert stretch.steps.action.dtype == stretch.episodes.length.dtype == np.int64
    assert stretch.steps.ended.dtype == stretch.batches.episode_end.dtype == np.bool_
    with pytest.raises(IndexError):
        update_record(stretch, 0)


def test_a_step_of_which_nothing_follows() -> None:
    stretch = stretch_of([step(5)])
    assert same_records(records_of(stretch), [step(5)])
    assert len(stretch.episodes.episode) == len(stretch.updates.update) == 0


def test_an_episode_that_ends_with_an_update() -> None:
    ends = step(2, terminated=True)
    records: list[Record] = [step(1), ends, episode(2, reading=2.0), update(2, 2)]
    assert same_records(records_of(stretch_of(records)), records)


def test_one_update_of_a_stretch(records: list[Record]) -> None:
    stretch, updates = stretch_of(records), of_type(UpdateRecord, records)
    assert len(updates) >= 2
    for index in (0, 1, -1):
        assert same_records([update_record(stretch, index)], [updates[index]])


def test_steps_alone(records: list[Record]) -> None:
    steps = of_type(StepRecord, records)
    assert same_records(step_records(stretch_of(records).steps), steps)
    assert stretch_of(records).steps.ended.tolist() == [step.ended for step in steps]
