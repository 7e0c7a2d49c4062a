"""Tests of the pacemaker, which decides when and how long to train."""

from collections.abc import Callable

import pytest

from pglab.session.pacing import FULL_SPEED, SPEEDS, TURN, TURN_INTERVAL, Pacemaker

MANY = 10**9  # steps; no limit in practice


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_next_turn_is_due_at_once_only_if_a_step_is_due() -> None:
    clock = Clock()
    pacemaker = Pacemaker(clock)
    assert pacemaker.next_turn(50.0) < clock.now, "the first turn of a run must not wait"
    pacemaker.begin_turn()
    due = pacemaker.steps_due(50.0, MANY)
    assert due == int(50 * TURN_INTERVAL)
    pacemaker.note_steps(due)
    assert pacemaker.next_turn(50.0) == clock.now + TURN_INTERVAL
    assert pacemaker.next_turn(FULL_SPEED) < clock.now
    clock.now += 1.0
    pacemaker.begin_turn()
    pacemaker.note_steps(pacemaker.steps_due(50.0, MANY) - 2)
    assert pacemaker.next_turn(50.0) < clock.now


def test_fractions_of_a_step_carry_over_and_pauses_do_not() -> None:
    clock = Clock()
    pacemaker = Pacemaker(clock)
    pacemaker.begin_turn()
    due = []
    for _ in range(10):
        clock.now += 0.25
        pacemaker.begin_turn()
        due.append(pacemaker.steps_due(2.0, MANY))
        pacemaker.note_steps(due[-1])
    assert sum(due) == 5
    assert max(due) == 1
    clock.now += 1_000
    pacemaker.start()
    pacemaker.begin_turn()
    assert pacemaker.interval == 0.25


def test_full_speed_owes_all_steps_and_leaves_no_debt() -> None:
    pacemaker = Pacemaker(Clock())
    assert pacemaker.steps_due(10_000.0, 700) == 700
    pacemaker.note_steps(100)
    assert pacemaker.steps_due(FULL_SPEED, 700) == 700
    pacemaker.note_steps(650)
    assert pacemaker.steps_due(50.0, 700) == int(50 * pacemaker.interval)


def drive(speed: float, capacity: float, drawing: Callable[[int], float]) -> tuple[float, float]:
    """Simulate a minute of training at a fixed speed.

    The simulated machine can take `capacity` steps per second.

    `drawing` returns the seconds until the next turn, if this turn is not due immediately.

    Returns:
        The steps per second over the whole minute, and the highest displayed speed.
    """
    clock = Clock()
    pacemaker = Pacemaker(clock)
    begun, steps, claimed, turn = clock.now, 0, 0.0, 0
    pacemaker.begin_turn()
    while clock.now < begun + 60:
        if pacemaker.next_turn(speed) > clock.now:
            clock.now += drawing(turn)
        pacemaker.begin_turn()
        due = pacemaker.steps_due(speed, MANY)
        taken = min(due, int(TURN * capacity))
        clock.now += taken / capacity
        pacemaker.note_steps(taken)
        steps += taken
        pacemaker.note_position(steps)
        claimed = max(claimed, pacemaker.steps_per_second or 0.0) if turn > 20 else 0.0
        turn += 1
    return steps / (clock.now - begun), claimed


@pytest.mark.parametrize("speed", [speed for speed in SPEEDS if speed != FULL_SPEED])
@pytest.mark.parametrize("capacity", [20_000, 200_000])
def test_a_fixed_speed_is_kept_where_the_machine_can(speed: float, capacity: float) -> None:
    """The speed is kept even if every fifth turn comes late."""
    kept, _claimed = drive(speed, capacity, lambda turn: 0.7 if turn % 5 == 0 else 0.06)
    assert kept == pytest.approx(speed, rel=0.02)


def test_a_machine_that_is_too_slow_claims_no_more_than_it_does() -> None:
    kept, claimed = drive(5_000.0, 2_000, lambda _turn: 0.06)
    assert 1_900 < kept <= 2_001
    assert claimed == pytest.approx(kept, rel=0.1)


def test_steps_per_second_counts_wall_time_of_the_last_seconds() -> None:
    clock = Clock()
    pacemaker = Pacemaker(clock)
    assert pacemaker.steps_per_second is None
    for second in range(10):
        clock.now = 100.0 + second
        pacemaker.note_position(second * (10 if second < 5 else 100))
    assert pacemaker.steps_per_second == pytest.approx(100)
