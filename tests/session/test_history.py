"""The history that a session keeps."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.records import Conflict, CriticBatch, EpisodeRecord, StepRecord, UpdateRecord
from pglab.session.history import RECENT_SIGNALS, RECENT_STEPS, History, Series


def episode(number: int, *, reading: float | None = None, solved: bool = False) -> EpisodeRecord:
    """An episode of ten steps, with its number as its return."""
    return EpisodeRecord(10 * number, number, float(number), 10, False, reading, solved)


def step(number: int) -> StepRecord:
    """Some step."""
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


@pytest.mark.parametrize("most", [1, 2, 5, 8, 100])
def test_long_series_are_thinned_evenly(most: int) -> None:
    series = Series("a", "b", most=most)
    for number in range(1000):
        series.append(number, -number)
        assert series.appended == number + 1
        kept = series["a"]
        stride = int(kept[1]) if len(kept) > 1 else 1
        assert len(series) == len(kept) <= most
        if most > 1:
            np.testing.assert_array_equal(kept, np.arange(0, number + 1, stride))
            assert len(kept) > most // 2 or stride == 1
        np.testing.assert_array_equal(series["b"], -kept)
    assert series["a"][0] == 0


def test_series_are_whole_up_to_their_limit() -> None:
    series = Series("a", most=100)
    for number in range(100):
        series.append(number)
    full = series["a"]
    np.testing.assert_array_equal(full, np.arange(100))
    series.append(100)
    np.testing.assert_array_equal(series["a"], np.arange(0, 101, 2))
    series.append(101)
    assert len(series) == 51
    np.testing.assert_array_equal(full, np.arange(100))  # as it was read


@pytest.mark.parametrize("appended", [0, 1, 7, 8, 30])
def test_a_series_that_was_cut_goes_on_as_if_the_rest_had_never_been(appended: int) -> None:
    whole = Series("a", most=8)
    for number in range(40):
        whole.append(number)
    cut = Series("a", most=8)
    for number in range(31):
        cut.append(number if number < appended else -1)
    cut.cut(appended)
    assert cut.appended == appended
    assert cut["a"].tolist() == list(range(0, appended, 4))
    for number in range(appended, 40):
        cut.append(number)
    assert cut["a"].tolist() == whole["a"].tolist()


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


def update(number: int, *, with_critic: bool = True, shared: bool = True) -> UpdateRecord:
    """An update on three steps; its critic is wrong by 1, 2 and 3."""
    estimates, errors = np.array([[0.0, 10.0, 20.0], [1.0, -2.0, 3.0]])
    return UpdateRecord(
        global_step=3 * number,
        update=number,
        actor_loss=None,
        critic_loss=0.5 if with_critic else None,
        entropy=0.6,
        actor_gradient_norm=None,
        critic_gradient_norm=2.0 if with_critic else None,
        actions=np.array([0, 1, 1]),
        returns=None,
        weights=np.array([number, 0.25, 0.5]),
        episode_ends=np.array([False, True, False]),
        critic=CriticBatch(estimates, estimates + errors, np.array([2, 1, 0]))
        if with_critic
        else None,
        conflict=Conflict(-0.5, 3.0, 4.0) if shared else None,
    )


def test_updates_of_actor_critics_are_remembered() -> None:
    history = History()
    history.add(update(1))
    history.add(update(2, with_critic=False, shared=False))
    expected = {
        "global_step": [3, 6],
        "actor_loss": [np.nan, np.nan],
        "critic_loss": [0.5, np.nan],
        "entropy": [0.6, 0.6],
        "critic_gradient_norm": [2, np.nan],
        "cosine": [-0.5, np.nan],
        "shared_actor_norm": [3, np.nan],
        "shared_critic_norm": [4, np.nan],
        "td_error": [2, np.nan],
    }
    for name, column in expected.items():
        np.testing.assert_array_equal(history.updates[name], column, err_msg=name)


def test_recent_signals_and_fits_are_kept() -> None:
    history = History()
    history.add(update(1))
    assert list(history.signals) == [(1, 0, False), (0.25, 1, True), (0.5, 1, False)]
    assert list(history.fits) == [(0, 1), (10, 8), (20, 23)]
    history.add(update(2, with_critic=False))
    assert len(history.signals) == 6
    assert len(history.fits) == 3
    for number in range(3, RECENT_SIGNALS):
        history.add(update(number))
    assert len(history.signals) == len(history.fits) == RECENT_SIGNALS
    assert history.signals[-3][0] == RECENT_SIGNALS - 1
