"""The pacemaker, with a clock that the test sets."""

from collections.abc import Callable

import pytest

from pglab.session.pacing import (
    FULL_SPEED,
    REDRAW_INTERVAL,
    SHORTEST_TRAINING,
    SPEEDS,
    Pacemaker,
)

MANY = 10**9  # steps


class Clock:
    """A clock that the test sets."""

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
        due.append(pacemaker.steps_due(2.0, MANY))
        pacemaker.note_steps(due[-1])
    assert sum(due) == 5
    assert max(due) == 1
    clock.now += 1_000
    pacemaker.start()
    pacemaker.tick()
    assert pacemaker.interval == 0.25


def test_full_speed_owes_all_steps_and_leaves_no_debt() -> None:
    pacemaker = Pacemaker(Clock())
    assert pacemaker.steps_due(5_000.0, 700) == 700
    pacemaker.note_steps(100)
    assert pacemaker.steps_due(FULL_SPEED, 700) == 700
    pacemaker.note_steps(650)
    assert pacemaker.steps_due(50.0, 700) == 50.0 * pacemaker.interval


def drive(speed: float, capacity: float, drawing: Callable[[int], float]) -> tuple[float, float]:
    """Tick for a minute at a fixed speed, on a machine that takes `capacity` steps per second.

    `drawing` returns the seconds that the redraw of a tick takes.

    Returns:
        Steps per second over the whole minute, and the highest speed that was shown.
    """
    clock = Clock()
    pacemaker = Pacemaker(clock)
    begun, steps, claimed, tick = clock.now, 0, 0.0, 0
    pacemaker.tick()
    while clock.now < begun + 60:
        clock.now += drawing(tick)
        pacemaker.tick()
        due = pacemaker.steps_due(speed, MANY)
        taken = min(due, int(pacemaker.training_seconds * capacity))
        clock.now += taken / capacity
        pacemaker.note_steps(taken)
        steps += taken
        pacemaker.note_position(steps)
        claimed = max(claimed, pacemaker.steps_per_second or 0.0) if tick > 20 else 0.0
        tick += 1
    return steps / (clock.now - begun), claimed


@pytest.mark.parametrize("speed", [speed for speed in SPEEDS if speed != FULL_SPEED])
@pytest.mark.parametrize("capacity", [20_000, 200_000])
def test_a_fixed_speed_is_kept_where_the_machine_can(speed: float, capacity: float) -> None:
    """This holds even if every fifth redraw takes longer than the next tick can make up for."""
    kept, _claimed = drive(speed, capacity, lambda tick: 0.7 if tick % 5 == 0 else 0.06)
    assert kept == pytest.approx(speed, rel=0.02)


def test_a_machine_that_is_too_slow_claims_no_more_than_it_does() -> None:
    kept, claimed = drive(5_000.0, 2_000, lambda tick: 0.06)
    assert 1_000 < kept < 2_000
    assert claimed == pytest.approx(kept, rel=0.1)


def test_steps_per_second_counts_wall_time_of_the_last_seconds() -> None:
    clock = Clock()
    pacemaker = Pacemaker(clock)
    assert pacemaker.steps_per_second is None
    for second in range(10):
        clock.now = 100.0 + second
        pacemaker.note_position(second * (10 if second < 5 else 100))
    assert pacemaker.steps_per_second == pytest.approx(100)
