"""What a session remembers."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.history import RECENT_STEPS, History, Series
from pglab.records import EpisodeRecord, StepRecord


def episode(number: int, *, reading: float | None = None, solved: bool = False) -> EpisodeRecord:
    """An episode of ten steps whose return is its number."""
    return EpisodeRecord(10 * number, number, float(number), 10, False, reading, solved)


def step(number: int) -> StepRecord:
    """A step of no interest."""
    nothing = np.zeros(1)
    return StepRecord(number, 1, nothing, 0, nothing, 0.0, 1.0, False, False, nothing)


def test_series_grows_beyond_its_first_capacity() -> None:
    series = Series("a", "b")
    for i in range(1000):
        series.append(i, None if i % 2 else -i)
    assert len(series) == 1000
    np.testing.assert_array_equal(series["a"], np.arange(1000))
    np.testing.assert_array_equal(np.isnan(series["b"]), np.arange(1000) % 2 == 1)


def test_a_column_is_read_only_and_stays_as_it_was_read() -> None:
    series = Series("a")
    series.append(1.0)
    column = series["a"]
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 2.0
    for _ in range(100):
        series.append(3.0)
    np.testing.assert_array_equal(column, [1.0])


def test_recent_steps_are_kept() -> None:
    history = History()
    for number in range(1, RECENT_STEPS + 11):
        history.add(step(number))
    assert [history.steps[0].global_step, len(history.steps)] == [11, RECENT_STEPS]


def test_mean_return_of_the_last_episodes() -> None:
    history = History()
    assert history.mean_return() is None
    for number in range(1, 6):
        history.add(episode(number))
    assert history.mean_return() == 3
    assert history.mean_return(window=2) == 4.5


def test_last_reading_and_first_solution_are_remembered() -> None:
    history = History()
    history.add(episode(1, reading=7.0))
    history.add(episode(2))
    assert history.reading == 7
    assert history.solved_at is None
    history.add(episode(3, reading=9.0, solved=True))
    history.add(episode(4, solved=True))
    assert history.reading == 9
    assert history.solved_at == 30
