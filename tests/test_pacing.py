"""The pacemaker with a clock that the test moves."""

import pytest

from pglab.pacing import REDRAW_INTERVAL, SHORTEST_TRAINING, Pacemaker


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_training_takes_what_drawing_leaves_of_the_interval() -> None:
    clock = Clock()
    pacemaker = Pacemaker(clock)
    pacemaker.tick()
    for drawing in (0.01, 0.04, 0.0, 0.04):
        clock.now += pacemaker.training_seconds + drawing
        pacemaker.tick()
        assert pacemaker.training_seconds + drawing == pytest.approx(REDRAW_INTERVAL)
    clock.now += 5.0
    pacemaker.tick()
    assert pacemaker.training_seconds == SHORTEST_TRAINING


def test_fractions_of_a_step_carry_over_and_pauses_do_not() -> None:
    clock = Clock()
    pacemaker = Pacemaker(clock)
    pacemaker.tick()
    due = []
    for _ in range(10):
        clock.now += 0.25
        pacemaker.tick()
        due.append(pacemaker.steps_due(2.0))
    assert sum(due) == 5
    assert max(due) == 1
    clock.now += 1_000
    pacemaker.start()
    pacemaker.tick()
    assert pacemaker.interval == 0.25


def test_steps_per_second_counts_wall_time_of_the_last_seconds() -> None:
    clock = Clock()
    pacemaker = Pacemaker(clock)
    assert pacemaker.steps_per_second is None
    for second in range(10):
        clock.now = 100.0 + second
        pacemaker.note_progress(second * (10 if second < 5 else 100))
    assert pacemaker.steps_per_second == pytest.approx(100)
