"""The seminar's progress reading, compared with examples worked by hand."""

from __future__ import annotations

import pytest

from pglab.algorithms.solved_reading import SeminarReading


def readings(progress: SeminarReading, episodes: list[tuple[int, float]]) -> list[float | None]:
    """Return the reading after each episode. An episode is given as (last step, return)."""
    said = []
    step = 0
    for end, episode_return in episodes:
        while step < end:
            step += 1
            progress.step(step)
        said.append(progress.episode(episode_return))
    return said


def test_worked_example() -> None:
    episodes = [
        (30, 1.0),
        (90, 2.0),
        (310, 10.0),  # contains steps 100, 200 and 300; counts once
        (350, 3.0),
        (400, 20.0),  # ends exactly at step 400; counts
        (450, 4.0),
        (501, 60.0),
        (520, 5.0),
    ]
    progress = SeminarReading(eval_interval=100, smoothing_window=2, success_return=40.0)
    expected = [None, None, 10.0, None, 15.0, None, 40.0, None]
    assert readings(progress, episodes) == expected


def test_long_episodes_are_overrepresented() -> None:
    """The inspection paradox: half of all episodes are long, but most counted episodes are long."""
    episodes = []
    end = 0
    for number in range(400):
        length = 7 if number % 2 else 93
        end += length
        episodes.append((end, float(length)))
    progress = SeminarReading(eval_interval=90, smoothing_window=10_000, success_return=500.0)
    last = [reading for reading in readings(progress, episodes) if reading is not None][-1]
    assert last > 80 > sum(episode_return for _, episode_return in episodes) / len(episodes)


@pytest.mark.parametrize(
    ("returns", "solved"),
    [
        ([500.0], False),  # the window has only one return
        ([500.0, 500.0], False),
        ([500.0, 500.0, 500.0], True),
        ([500.0, 500.0, 499.0], False),
        ([0.0, 500.0, 500.0, 500.0], True),  # the window no longer contains the first return
    ],
)
def test_solved_only_with_a_full_window(returns: list[float], solved: bool) -> None:
    progress = SeminarReading(eval_interval=10, smoothing_window=3, success_return=500.0)
    said = readings(progress, [(10 * i, value) for i, value in enumerate(returns, start=1)])
    assert progress.solved_at(said[-1]) is solved


def test_an_episode_that_does_not_count_solves_nothing() -> None:
    progress = SeminarReading(eval_interval=10, smoothing_window=1, success_return=1.0)
    said = readings(progress, [(10, 5.0), (11, 5.0)])
    assert [progress.solved_at(reading) for reading in said] == [True, False]
