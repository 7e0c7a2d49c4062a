"""The turns in which runs train, and the gate that lets other threads go before training."""

from __future__ import annotations

import gc
import math
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace

import psutil
import pytest

from pglab.session.sharing import turns as turns_module
from pglab.session.sharing.capacity import has_room
from pglab.session.sharing.gate import Gate
from pglab.session.sharing.turns import Turns

PATIENCE = 20.0  # seconds


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


class Trainee:
    """A run that computes and then sleeps in its turns; both in seconds.

    The test sets `due`, the time of the next turn.
    """

    def __init__(self, seconds: float = 0.002, *, sleeps: float = 0.0, free: bool = True) -> None:
        self.due = -math.inf
        self.is_open = True
        self.milliseconds_per_1000_steps: float | None = None
        self.seconds = seconds
        self.sleeps = sleeps
        self.free = free
        self.turns = 0
        self.waits = False
        self._inside = threading.Lock()

    def train(self) -> bool:
        assert self._inside.acquire(blocking=False), "two threads must not train the same run"
        end = time.thread_time() + self.seconds
        while time.thread_time() < end:
            pass
        time.sleep(self.sleeps)
        self.turns += 1
        self._inside.release()
        return self.free

    def note_place(self, *, waits: bool) -> None:
        self.waits = waits


def test_on_a_full_server_newcomers_wait_and_come_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns_module, "PLACE_KEPT", 0.1)
    turns = Turns(1, has_room=lambda training: training < 2)
    trainees = [Trainee() for _ in range(5)]
    for trainee in trainees:
        turns.join(trainee)
    first, second, third, fourth, fifth = trainees
    assert [t.waits for t in trainees] == [False, False, True, True, True]
    wait_until(lambda: first.turns > 3)
    assert not third.turns
    third.due = math.inf  # as after the press of Pause
    first.due = math.inf
    wait_until(lambda: not fourth.waits)
    assert fifth.waits
    assert not second.waits, "a run that trains must keep its place"
    second.due = math.inf
    del second, trainees, trainee
    gc.collect()
    wait_until(lambda: not fifth.waits)
    fourth.due = fifth.due = math.inf
    assert third.turns == 0


def test_a_run_that_pauses_keeps_its_place_for_a_while() -> None:
    turns = Turns(1, has_room=lambda training: training < 1)
    first, other = Trainee(), Trainee()
    turns.join(first)
    wait_until(lambda: first.turns > 0)
    first.due = math.inf
    wait_until(lambda: first not in turns._served)
    turns.join(other)
    assert other.waits
    first.due = -math.inf
    turns.join(first)
    assert not first.waits
    first.due = other.due = math.inf


def test_a_closed_page_keeps_no_place_and_gets_none() -> None:
    turns = Turns(1, has_room=lambda training: training < 1)
    first, second, third = trainees = [Trainee() for _ in range(3)]
    for trainee in trainees:
        turns.join(trainee)
    assert [t.waits for t in trainees] == [False, True, True]
    second.is_open = False
    first.is_open, first.due = False, math.inf
    wait_until(lambda: third.turns > 0)
    assert not second.turns
    third.due = math.inf


@pytest.mark.parametrize(
    ("training", "free", "room"),
    [
        (0, 0, True),
        (1, 9, True),
        (5, 9, True),
        (6, 9, False),
        (1, 7, False),
    ],
)
def test_room_depends_on_the_number_who_train_and_on_the_memory(
    training: int, free: int, room: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGLAB_CAPACITY", "6")
    memory = SimpleNamespace(total=100, available=free)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert has_room(training) == room


def test_runs_that_were_in_use_train_as_soon_as_they_are_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns_module, "AGAIN", 1000 * PATIENCE)
    turns = Turns(1)
    trainee, other = Trainee(free=False), Trainee()
    for one in (trainee, other):
        turns.join(one)
    wait_until(lambda: other.turns > 10)
    assert trainee.turns == 1
    trainee.free = True
    turns.note_free(trainee)
    wait_until(lambda: trainee.turns > 3)
    trainee.due = other.due = math.inf


def test_all_get_the_same_time_however_long_their_turns_are() -> None:
    turns = Turns(1)
    quick, slow = Trainee(0.002), Trainee(0.02)
    for trainee in (quick, slow):
        turns.join(trainee)
    wait_until(lambda: slow.turns >= 10)
    quick.due = slow.due = math.inf
    assert quick.turns > 3 * slow.turns


def test_a_trainee_that_has_to_wait_in_its_turn_gets_as_much_training() -> None:
    turns = Turns(1)
    kept_waiting, other = Trainee(sleeps=0.006), Trainee()
    for trainee in (kept_waiting, other):
        turns.join(trainee)
    wait_until(lambda: kept_waiting.turns >= 20)
    kept_waiting.due = other.due = math.inf
    assert other.turns < 1.5 * kept_waiting.turns


def test_slow_steps_get_up_to_three_times_the_usual_time() -> None:
    turns = Turns(1)
    trainees = [Trainee() for _ in range(5)]
    for trainee, cost in zip(trainees, (None, 1.0, 1.0, 1.0, 9.0), strict=True):
        trainee.milliseconds_per_1000_steps = cost
        turns.join(trainee)
    wait_until(lambda: sum(trainee.turns for trainee in trainees) >= 300)
    for trainee in trainees:
        trainee.due = math.inf
    *usual, slow = (trainee.turns for trainee in trainees)
    assert max(usual) < 1.2 * min(usual)
    assert 2.5 * max(usual) < slow < 3.5 * min(usual)


def test_one_run_stays_with_one_thread() -> None:
    class Recorded(Trainee):
        def train(self) -> bool:
            threads.append(threading.get_ident())
            # The next turn is not due yet, so that the thread waits; after 40 turns, none is due.
            self.due = time.perf_counter() + 0.003 if len(threads) < 40 else math.inf
            return super().train()

    threads: list[int] = []
    turns, one = Turns(3), Recorded()
    while one.due != math.inf:
        turns.join(one)  # as each picture of the run does
        time.sleep(0.005)
    assert max(Counter(threads).values()) > 0.8 * len(threads)


def test_several_runs_train_at_the_same_time() -> None:
    class Together(Trainee):
        def train(self) -> bool:
            with suppress(threading.BrokenBarrierError):
                meeting.wait()
            return super().train()

    meeting = threading.Barrier(3)
    turns, three = Turns(3), [Together() for _ in range(3)]
    for one in three:
        turns.join(one)
    wait_until(lambda: all(one.turns > 5 for one in three))
    for one in three:
        one.due = math.inf
    meeting.abort()  # nobody comes any more


def test_a_trainee_that_had_nothing_to_train_does_not_catch_up() -> None:
    turns = Turns(1)
    steady, late = Trainee(), Trainee()
    turns.join(steady)
    wait_until(lambda: steady.turns >= 100)
    turns.join(late)
    before = steady.turns
    wait_until(lambda: late.turns >= 20)
    steady.due = late.due = math.inf
    assert steady.turns - before >= 10


def test_nobody_takes_a_turn_before_it_is_due() -> None:
    turns = Turns(2)
    later, never = Trainee(), Trainee()
    later.due = time.perf_counter() + 0.1
    never.due = math.inf
    turns.join(later)
    turns.join(never)
    wait_until(lambda: later.turns > 0)
    assert time.perf_counter() >= later.due
    later.due = math.inf
    assert never.turns == 0


def test_a_run_that_is_not_free_is_tried_again_and_holds_up_nobody() -> None:
    turns = Turns(1)
    held, other = Trainee(0.0, free=False), Trainee()
    turns.join(held)
    turns.join(other)
    wait_until(lambda: held.turns >= 3 and other.turns >= 3)
    held.due = other.due = math.inf


def test_a_trainee_without_further_turns_is_forgotten() -> None:
    turns = Turns(2)
    kept = weakref.ref(trained_for_a_while(turns))
    trained_for_a_while(turns)  # this wakes the threads

    def is_gone() -> bool:
        gc.collect()
        return kept() is None

    wait_until(is_gone)


def trained_for_a_while(turns: Turns) -> Trainee:
    trainee = Trainee()
    turns.join(trainee)
    wait_until(lambda: trainee.turns > 3)
    trainee.due = math.inf
    return trainee


def test_training_goes_through_the_gate_only_if_nobody_is_there() -> None:
    gate = Gate()
    with gate.for_training() as free:
        assert free
        with gate, gate:  # the same thread may enter the gate
            pass
    held, done = threading.Event(), threading.Event()

    def look() -> None:
        with gate:
            held.set()
            done.wait(PATIENCE)

    looker = threading.Thread(target=look)
    looker.start()
    held.wait(PATIENCE)
    with gate.for_training() as free:
        assert not free
    done.set()
    looker.join()
    with gate.for_training() as free:
        assert free


def test_whoever_waits_at_the_gate_goes_before_further_training() -> None:
    gate = Gate()
    entered = threading.Event()

    def look() -> None:
        with gate:
            entered.set()

    with gate.for_training() as free:
        assert free
        looker = threading.Thread(target=look)
        looker.start()
        wait_until(lambda: len(gate._waiting) == 1)
        with gate.for_training() as again:  # another thread waits at the gate
            assert not again
    assert entered.wait(PATIENCE)
    looker.join()
