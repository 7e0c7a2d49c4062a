"""The history of a training session."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from pglab.curves import kept_by_place, smoothed
from pglab.records import Conflict, CriticBatch, EpisodeRecord, StepRecord, UpdateRecord
from pglab.session.history import RECENT_SIGNALS, RECENT_STEPS, History, Series
from pglab.stretch import stretch_of


def episode(number: int, *, reading: float | None = None, solved: bool = False) -> EpisodeRecord:
    """Make the record of an episode of ten steps. Its number is also its return."""
    return EpisodeRecord(10 * number, number, float(number), 10, False, reading, solved)


def step(number: int) -> StepRecord:
    """Make a step with this number."""
    nothing = np.zeros(1)
    return StepRecord(number, 1, nothing, 0, nothing, 0.0, 1.0, False, False, nothing)


def extend(series: Series, *columns: Iterable[float]) -> None:
    """Add rows to a series. Each column is given as an iterable."""
    series.extend([np.array(list(column)) for column in columns])


def test_series_grows_beyond_its_first_capacity() -> None:
    series = Series("a", "b")
    for start, end in ((0, 1), (1, 64), (64, 65), (65, 1000)):
        numbers = range(start, end)
        extend(series, numbers, (np.nan if i % 2 else -i for i in numbers))
    assert len(series) == 1000
    np.testing.assert_array_equal(series["a"], np.arange(1000))
    np.testing.assert_array_equal(np.isnan(series["b"]), np.arange(1000) % 2 == 1)


def test_a_column_is_read_only_and_stays_as_it_was_read() -> None:
    series = Series("a")
    extend(series, [1.0])
    column = series["a"]
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 2.0
    extend(series, [3.0] * 100)
    np.testing.assert_array_equal(column, [1.0])


@pytest.mark.parametrize("most", [1, 2, 5, 8, 100])
def test_long_series_are_thinned_evenly(most: int) -> None:
    series = Series("a", "b", most=most)
    for number in range(1000):
        extend(series, [number], [-number])
        assert series.appended == number + 1
        kept = series["a"]
        stride = int(kept[1]) if len(kept) > 1 else 1
        assert len(series) == len(kept) <= most
        if most > 1:
            np.testing.assert_array_equal(kept, np.arange(0, number + 1, stride))
            assert len(kept) > most // 2 or stride == 1
        np.testing.assert_array_equal(series["b"], -kept)
    assert series["a"][0] == 0


@pytest.mark.parametrize("most", [None, 1, 2, 5, 8, 100])
@pytest.mark.parametrize("at_once", [0, 2, 7, 64, 99, 1000])
def test_many_rows_at_once_are_as_one_by_one(most: int | None, at_once: int) -> None:
    """This holds even if very many rows are added at once and the series is thinned repeatedly."""
    one_by_one, series = Series("a", "b", most=most), Series("a", "b", most=most)
    added = 0
    for count in [1, at_once, 3, at_once, at_once]:
        numbers = range(added, added + count)
        extend(series, numbers, (-number for number in numbers))
        for number in numbers:
            extend(one_by_one, [number], [-number])
        added += count
        assert series.appended == one_by_one.appended == added
        assert series.rows_for(100) == one_by_one.rows_for(100)
        for name in ("a", "b"):
            assert series[name].tolist() == one_by_one[name].tolist()


def test_series_are_whole_up_to_their_limit() -> None:
    series = Series("a", most=100)
    extend(series, range(100))
    full = series["a"]
    np.testing.assert_array_equal(full, np.arange(100))
    extend(series, [100])
    np.testing.assert_array_equal(series["a"], np.arange(0, 101, 2))
    extend(series, [101])
    assert len(series) == 51
    np.testing.assert_array_equal(full, np.arange(100))  # unchanged since it was read


@pytest.mark.parametrize("appended", [0, 1, 7, 8, 30])
def test_a_series_that_was_cut_goes_on_as_if_the_rest_had_never_been(appended: int) -> None:
    whole = Series("a", most=8)
    extend(whole, range(40))
    cut = Series("a", most=8)
    extend(cut, (number if number < appended else -1 for number in range(31)))
    cut.cut(appended)
    assert cut.appended == appended
    assert cut["a"].tolist() == list(range(0, appended, 4))
    extend(cut, range(appended, 40))
    assert cut["a"].tolist() == whole["a"].tolist()


@pytest.mark.parametrize("seed", range(10))
def test_a_drawn_curve_is_that_of_the_kept_rows_also_after_rows_were_dropped(seed: int) -> None:
    rng = np.random.default_rng(seed)
    series = Series("global_step", "a", most=int(rng.choice([300, 1000])))
    for _ in range(60):
        first, last = series.appended, series.appended + int(rng.integers(0, 60))
        extend(series, range(first, last), rng.normal(size=last - first).tolist())
        if rng.random() < 0.1:
            series.cut(int(rng.integers(0, last + 1)))
        if rng.random() < 0.8:
            window = series.rows_for(200)
            means = smoothed(series["a"], window)
            kept = kept_by_place(series["global_step"], means, 50)
            drawn = series.curve("a", 50, window, label="name")
            np.testing.assert_array_equal(drawn.steps, series["global_step"][kept])
            np.testing.assert_array_equal(drawn.returns, means[kept])
            assert drawn.label == "name"


@pytest.mark.parametrize("at_once", [1, 17, RECENT_STEPS - 1, RECENT_STEPS, RECENT_STEPS + 10])
def test_recent_steps_are_kept(at_once: int) -> None:
    history = History()
    last = RECENT_STEPS + 10
    for first in range(1, last + 1, at_once):
        numbers = range(first, min(first + at_once, last + 1))
        history.add(stretch_of([step(number) for number in numbers]))
    assert history.steps.global_step.tolist() == list(range(11, last + 1))
    assert {len(column) for column in history.steps} == {RECENT_STEPS}


def test_a_mark_keeps_the_recent_steps_as_they_were() -> None:
    history = History()
    history.add(stretch_of([step(1), update(1)]))
    mark = history.mark()
    history.add(stretch_of([step(2), episode(1), update(2)]))
    assert [len(mark.steps.action), len(mark.signals.weight), len(mark.fits.target)] == [1, 3, 3]
    history.back_to(mark)
    assert history.steps.global_step.tolist() == [1]
    assert history.signals.weight.tolist() == [1.0, 0.25, 0.5]
    assert [len(history.episodes), len(history.updates)] == [0, 1]
    assert history.last_update is mark.last_update


def test_the_last_update_does_not_keep_a_long_stretch_in_memory() -> None:
    history = History()
    history.add(stretch_of([update(number) for number in range(1, 100)]))
    last = history.last_update
    assert last is not None
    assert last.update == 99
    assert last.critic is not None
    kept = [last.actions, last.weights, last.episode_ends, *last.critic]
    assert [array.base is None for array in kept] == [True] * 6


def test_mean_return_of_the_last_episodes() -> None:
    history = History()
    assert history.mean_return() is None
    for number in range(1, 6):
        history.add(stretch_of([episode(number)]))
    assert history.mean_return() == 3
    assert history.mean_return(window=2) == 4.5


def test_last_reading_and_first_solution_are_remembered() -> None:
    history = History()
    history.add(stretch_of([episode(1, reading=7.0)]))
    history.add(stretch_of([episode(2)]))
    assert history.reading == 7
    assert history.solved_at is None
    history.add(stretch_of([episode(3, reading=9.0, solved=True)]))
    history.add(stretch_of([episode(4, solved=True)]))
    assert history.reading == 9
    assert history.solved_at == 30


def update(number: int, *, with_critic: bool = True, shared: bool = True) -> UpdateRecord:
    """Make the record of an update on three steps, with critic errors of 1, 2 and 3."""
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
    history.add(stretch_of([update(1)]))
    history.add(stretch_of([update(2, with_critic=False, shared=False)]))
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
    history.add(stretch_of([update(1)]))
    assert history.signals.weight.tolist() == [1, 0.25, 0.5]
    assert history.signals.action.tolist() == [0, 1, 1]
    assert history.signals.episode_end.tolist() == [False, True, False]
    assert history.fits.estimate.tolist() == [0, 10, 20]
    assert history.fits.target.tolist() == [1, 8, 23]
    history.add(stretch_of([update(2, with_critic=False)]))
    assert len(history.signals.weight) == 6
    assert len(history.fits.target) == 3
    for number in range(3, RECENT_SIGNALS):
        history.add(stretch_of([update(number)]))
    assert len(history.signals.weight) == len(history.fits.target) == RECENT_SIGNALS
    assert history.signals.weight[-3] == RECENT_SIGNALS - 1
