"""The replay buffer keeps the newest transitions, samples them, and shows some of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from pglab.records import StepRecord
from pglab.replay_buffer import ReplayBuffer, Transitions, transitions


def step(number: int) -> StepRecord:
    """Make a step from its number. Every third step terminates, every fourth is truncated."""
    return StepRecord(
        global_step=number,
        episode=1,
        observation=np.array([number, -number], dtype=np.float32),
        action=number % 2,
        action_probabilities=np.array([0.5, 0.5]),
        log_prob=-0.7,
        reward=number / 8,
        terminated=number % 3 == 0,
        truncated=number % 4 == 0,
        next_observation=np.array([number + 1, 1 - number], dtype=np.float32),
    )


def filled(steps: int, capacity: int) -> ReplayBuffer:
    """Make a buffer, and add the steps from 1 to `steps`."""
    buffer = ReplayBuffer(capacity, observation_size=2)
    for number in range(1, steps + 1):
        buffer.add(step(number))
    return buffer


def assert_are_steps(batch: Transitions, numbers: list[int]) -> None:
    """Check that the arrays of a batch belong to the steps with these numbers."""
    for actual, expected in zip(batch, transitions([step(n) for n in numbers]), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_steps_become_arrays_in_their_order() -> None:
    batch = transitions([step(5), step(3), step(4)])
    assert batch.collected.tolist() == [5, 3, 4]
    assert batch.observations.tolist() == [[5, -5], [3, -3], [4, -4]]
    assert batch.next_observations.tolist() == [[6, -4], [4, -2], [5, -3]]
    assert batch.actions.tolist() == [1, 1, 0]
    assert batch.rewards.tolist() == [0.625, 0.375, 0.5]
    assert batch.terminated.tolist() == [False, True, False]  # step 4 is truncated, not terminated


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        (0, []),
        (1, [1]),
        (4, [1, 2, 3, 4]),
        (5, [1, 2, 3, 4, 5]),
        (6, [6, 2, 3, 4, 5]),
        (9, [6, 7, 8, 9, 5]),
        (10, [6, 7, 8, 9, 10]),
        (23, [21, 22, 23, 19, 20]),
    ],
)
def test_the_newest_takes_the_place_of_the_oldest(steps: int, kept: list[int]) -> None:
    buffer = filled(steps, capacity=5)
    assert len(buffer) == len(kept)
    if kept:
        assert_are_steps(buffer.thinned(5), kept)


@pytest.mark.parametrize("steps", [7, 12, 100])
def test_a_sample_has_no_transition_twice_and_only_whole_ones(steps: int) -> None:
    buffer = filled(steps, capacity=12)
    batch = buffer.sample(7, np.random.default_rng(0))
    numbers = batch.collected.tolist()
    assert len(set(numbers)) == 7
    assert set(numbers) <= set(range(max(1, steps - 11), steps + 1))
    assert_are_steps(batch, numbers)


def test_every_transition_is_drawn_equally_often() -> None:
    buffer, random = filled(30, capacity=10), np.random.default_rng(1)
    drawn = np.concatenate([buffer.sample(4, random).collected for _ in range(2000)])
    numbers, counts = np.unique(drawn, return_counts=True)
    assert numbers.tolist() == list(range(21, 31))
    np.testing.assert_allclose(counts, 800, atol=110)  # the tolerance is five standard deviations


def test_every_set_of_transitions_is_drawn_equally_often() -> None:
    buffer, random = filled(5, capacity=5), np.random.default_rng(1)
    sets = [tuple(sorted(buffer.sample(2, random).collected.tolist())) for _ in range(5000)]
    counts = Counter(sets)
    assert len(counts) == 10
    np.testing.assert_allclose(
        list(counts.values()), 500, atol=110
    )  # the tolerance is five standard deviations


def test_a_sample_takes_one_number_of_the_stream_for_each_transition() -> None:
    """The compiled engine takes equally many random numbers, so it draws the same batches."""
    sampled, random = np.random.default_rng(0), np.random.default_rng(0)
    filled(30, capacity=20).sample(8, sampled)
    random.random(8)
    assert sampled.bit_generator.state == random.bit_generator.state


def test_the_whole_buffer_can_be_drawn_and_no_more() -> None:
    for steps in (3, 8):
        buffer = filled(steps, capacity=5)
        held = len(buffer)
        batch = buffer.sample(held, np.random.default_rng(0))
        assert len(set(batch.collected.tolist())) == held
        with pytest.raises(ValueError, match=f"of {held} transitions holds no batch of"):
            buffer.sample(held + 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="of 0 transitions holds no batch of 1"):
        ReplayBuffer(5, 2).sample(1, np.random.default_rng(0))


def test_a_sample_depends_on_the_given_stream_alone() -> None:
    buffer = filled(30, capacity=20)
    one, same, other = (buffer.sample(8, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one.collected.tolist() == same.collected.tolist() != other.collected.tolist()


def test_a_sample_stays_as_it_was_drawn() -> None:
    buffer = filled(5, capacity=5)
    batch, shown = buffer.sample(5, np.random.default_rng(0)), buffer.thinned(5)
    numbers = batch.collected.tolist()
    for number in range(6, 20):
        buffer.add(step(number))
    assert_are_steps(batch, numbers)
    assert_are_steps(shown, [1, 2, 3, 4, 5])


@pytest.mark.parametrize("steps", [1, 9, 10, 11, 25, 100])
@pytest.mark.parametrize("most", [1, 3, 10, 50])
def test_a_thinned_view_is_spread_evenly(steps: int, most: int) -> None:
    places = filled(steps, capacity=200).thinned(most).collected
    assert places[0] == 1
    assert len(places) <= most
    assert len(set(np.diff(places).tolist())) <= 1
    assert len(places) >= min(steps, most) / 2
    if steps <= most:
        assert len(places) == steps
