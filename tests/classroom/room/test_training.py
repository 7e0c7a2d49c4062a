"""Everyone trains a seed, and the returns by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pglab.classroom.room.export import csv_files
from pglab.classroom.room.membership import Member
from pglab.classroom.room.opening import OpenedRoom
from pglab.classroom.room.own_runs.by_hand import best_returns, note_return
from pglab.classroom.room.own_runs.training import (
    MemberRun,
    StudentRun,
    Training,
    band,
    latest_runs,
    let_train,
    plan_of,
    runs_of,
    save_run,
    student_run,
    thinned_for_band,
    training_of,
)
from pglab.classroom.room.own_runs.training_plan import TrainingPlan, read_plan, written_plan
from pglab.classroom.room.state import RoomError
from pglab.classroom.room.steering import end_room, show_names
from pglab.commands.seeds import seeds_of, train_all
from pglab.config import SEEDS, ActorCriticConfig, ReinforceConfig
from pglab.curves import Curve, UsualBand
from pglab.library.store.library import Library
from pglab.library.store.rooms import contributions
from pglab.maps.run_result import run_of_map
from pglab.session.seeds.statistics import GRID_POINTS, band_of, smoothed_curve, stop_of
from pglab.session.training_session import TrainingSession
from tests.classroom.hostile import TEXTS
from tests.classroom.room.rooms import joined, opened, version

CONFIG = ReinforceConfig(seed=7, hidden_sizes=(8,))
PLAN = TrainingPlan(CONFIG, 3_000)
CHOSEN = TrainingPlan(CONFIG, 3_000, "gamma", 0.5, 1.0)


def let_class_train(
    library: Library, plan: TrainingPlan, members: int
) -> tuple[OpenedRoom, list[Member]]:
    room = opened(library)
    let_train(library, room.key, 1, plan)
    return room, [joined(library, room, f"member {number}") for number in range(1, members + 1)]


def invented(seed: int = 7, step: int = 100, **changes: object) -> StudentRun:
    curve = Curve(np.array([20.0, float(step)]), np.array([20.0, 30.0]))
    return replace(StudentRun(seed, None, step, False, curve), **changes)  # type: ignore[arg-type]


def numbers_of(found: UsualBand) -> list[list[float]]:
    return [row.tolist() for row in (found.steps, found.low, found.median, found.high)]


def test_the_walls_band_is_that_of_one_command(library: Library) -> None:
    """Each member's run is trained alone, in other portions than by the command."""
    room, members = let_class_train(library, PLAN, 4)
    for member in members:
        session = TrainingSession(PLAN.config_of(member.number), can_rewind=False)
        while not session.finished:
            session.advance("step", 701)
            save_run(library, member, 1, PLAN, student_run(session, PLAN))
    together = seeds_of(run_of_map(CONFIG, CONFIG.seed, PLAN.steps), 4)
    train_all(together, lambda _done, _all: None)
    curves = [smoothed_curve(session) for session in together]
    expected = band_of(curves, [stop_of(session) for session in together], PLAN.steps)
    runs = runs_of(library, room.room, 1)
    found = band(runs, PLAN)
    assert found is not None
    assert expected is not None
    assert numbers_of(found) == numbers_of(expected)
    assert [member.run.seed for member in runs] == [7, 8, 9, 10]
    assert max(len(member.run.curve.steps) for member in runs) <= GRID_POINTS + 2
    assert max(len(curve.steps) for curve in curves) > GRID_POINTS / 2


def test_the_band_of_unfinished_runs_is_exact_too() -> None:
    """At each point, the numbers are those of the whole curves of all runs that got so far."""
    random, plan, runs, whole = np.random.default_rng(3), TrainingPlan(CONFIG, 50_000), [], []
    for seed, reached in enumerate((50_000, 31_234, 17_777, 50_000, 9_000, 26_001)):
        ends = np.cumsum(random.integers(9, 60, 9_000)).astype(float)
        curve = Curve(ends[ends <= reached], random.normal(size=int((ends <= reached).sum())))
        run = StudentRun(seed, None, reached, False, thinned_for_band(curve, plan.steps))
        runs.append(MemberRun(seed, "", run))
        whole.append((curve, reached))
    found = band(runs, plan)
    assert found is not None
    assert found.steps[-1] > 26_000 * 0.98
    for step, median in zip(found.steps, found.median, strict=True):
        held = [c.returns[c.steps <= step][-1] for c, reached in whole if reached >= step]
        assert median == pytest.approx(np.median(held)), step


def test_no_band_of_fewer_than_two_runs(file: Library) -> None:
    room, members = let_class_train(file, PLAN, 2)
    assert band([], PLAN) is None
    save_run(file, members[0], 1, PLAN, invented())
    begun = StudentRun(8, None, 5, False, Curve(np.empty(0), np.empty(0)))
    save_run(file, members[1], 1, PLAN, begun)
    assert band(runs_of(file, room.room, 1), PLAN) is None


def test_members_have_their_own_seeds_or_values() -> None:
    assert [PLAN.config_of(number).seed for number in (1, 2, 400)] == [7, 8, 406]
    last = TrainingPlan(CONFIG.changed(seed=SEEDS - 1), 1_000)
    assert [last.config_of(number).seed for number in (1, 2)] == [SEEDS - 1, 0]
    chosen = CHOSEN.config_of(2, 0.75)
    assert (chosen.gamma, chosen.seed, chosen.total_steps) == (0.75, 8, 3_000)
    assert not chosen.stop_when_solved
    for value in (None, 0.49, 1.01, math.nan):
        with pytest.raises(RoomError, match=r"Choose a value of “.*” from 0.5 to 1"):
            CHOSEN.config_of(1, value)
    whole = TrainingPlan(ActorCriticConfig.split_replay(), 3_000, "batch_size", 1, 64)
    assert whole.config_of(1, 32.0) == whole.config_of(1, 32)
    with pytest.raises(RoomError, match=r"\.$"):
        whole.config_of(1, 32.5)


def test_plans_that_cannot_be_used_are_refused() -> None:
    refused: list[tuple[Callable[[], TrainingPlan], str]] = [
        (lambda: TrainingPlan(CONFIG, 0), "step"),
        (lambda: TrainingPlan(CONFIG, 3_000, "hidden_sizes", 1, 2), "cannot choose"),
        (lambda: TrainingPlan(CONFIG, 3_000, "seed", 1, 2), "cannot choose"),
        (lambda: TrainingPlan(CONFIG, 3_000, "nonsense", 1, 2), "cannot choose"),
        (lambda: TrainingPlan(CONFIG, 3_000, "success_return", 1, 2), "cannot choose"),
        (lambda: TrainingPlan(CONFIG, 3_000, "value_learning_rate", 0.1, 0.2), "cannot choose"),
        (lambda: TrainingPlan(CONFIG, 3_000, "gamma", 0.9, 0.9), "lower limit"),
        (lambda: TrainingPlan(CONFIG, 3_000, "gamma", math.nan, 1), "lower limit"),
        (lambda: TrainingPlan(CONFIG, 3_000, "gamma", 0.9, 1.5), "1"),
    ]
    for make, sentence in refused:
        with pytest.raises(RoomError, match=sentence):
            make()
    for plan in (PLAN, CHOSEN):
        assert read_plan(written_plan(plan)) == plan
    for text in (*TEXTS[:3], "null", "{}", written_plan(PLAN).replace("3000", "-1"), "[" * 9_000):
        with pytest.raises(RoomError, match="cannot be read"):
            read_plan(text)


def test_a_later_state_of_a_run_replaces_an_earlier_one(library: Library) -> None:
    room, (eva, tom) = let_class_train(library, CHOSEN, 2)

    def save(member: Member, step: int, value: float) -> None:
        run = invented(6 + member.number, step, value=value)
        save_run(library, member, 1, CHOSEN, run)

    for member, step, value in [(eva, 200, 0.9), (eva, 100, 0.9), (tom, 50, 0.6), (eva, 200, 0.9)]:
        save(member, step, value)  # the second one arrives late
    assert [m.run.global_step for m in runs_of(library, room.room, 1)] == [200, 50]
    save(eva, 40, 0.8)  # another value: both runs stay
    found = runs_of(library, room.room, 1)
    assert [(m.run.value, m.run.global_step) for m in found] == [(0.9, 200), (0.8, 40), (0.6, 50)]
    assert [m.run.value for m in latest_runs(found)] == [0.8, 0.6]
    assert [m.nickname for m in found] == [""] * 3
    show_names(library, room.key, version(library, room), True)
    assert {m.nickname for m in runs_of(library, room.room, 1)} == {"member 1", "member 2"}
    for number in range(contributions.MOST_TRIES - 2):
        save(eva, 40, 0.5 + number / 100)
    with pytest.raises(RoomError, match="more do not count"):
        save(eva, 40, 0.99)
    save(eva, 300, 0.9)
    assert len(runs_of(library, room.room, 1)) == contributions.MOST_TRIES + 1


def test_no_run_is_lost_when_the_class_trains_something_else(library: Library) -> None:
    room, (eva, tom) = let_class_train(library, CHOSEN, 2)

    def let(plan: TrainingPlan | None) -> None:
        let_train(library, room.key, version(library, room), plan)

    def runs_now() -> list[tuple[float | None, int]]:
        return [(m.run.value, m.run.global_step) for m in runs_of(library, room.room, 1)]

    save_run(library, eva, 1, CHOSEN, invented(7, 200, value=0.9))
    let(CHOSEN)  # again: nothing changes
    assert training_of(library, room.room, 1) == Training(CHOSEN, is_running=True)
    let(None)
    assert training_of(library, room.room, 1) == Training(CHOSEN, is_running=False)
    assert plan_of(library, room.room, 1) is None
    assert runs_now() == [(0.9, 200)]
    with pytest.raises(RoomError, match="The class does not train this any more"):
        save_run(library, tom, 1, CHOSEN, invented(8, 100, value=0.6))
    let(PLAN)
    assert plan_of(library, room.room, 1) == PLAN
    assert runs_now() == []
    with pytest.raises(RoomError, match="The class does not train this any more"):
        save_run(library, tom, 1, CHOSEN, invented(8, 100, value=0.6))
    save_run(library, tom, 1, PLAN, invented(8, 300))
    exported = csv_files(library, room.key)["runs.csv"].splitlines()
    assert exported[0].split(",")[3:6] == ["training", "setting", "value"]
    kept = {tuple(line.split(",")[i] for i in (0, 3, 4, 5)) for line in exported[1:]}
    assert kept == {("1", "1", "gamma", "0.9"), ("2", "2", "", "")}
    let(CHOSEN)  # what was trained before goes on
    save_run(library, tom, 1, CHOSEN, invented(8, 100, value=0.6))
    assert runs_now() == [(0.9, 200), (0.6, 100)]
    with pytest.raises(RoomError, match="The class does not train this any more"):
        save_run(library, eva, 2, CHOSEN, invented(value=0.9))
    for number in range(contributions.MOST_TRAININGS - 2):
        let(replace(PLAN, steps=4_000 + number))
    with pytest.raises(RoomError, match="Go on in another step"):
        let(replace(PLAN, steps=9_000))


UNUSABLE = (
    invented(8),
    invented(value=math.inf, seed=9),
    invented(global_step=10),
    invented(step=3_001),
    invented(global_step=100.0),
    invented(curve=Curve(np.array([2.0, 1.0]), np.array([1.0, 1.0]))),
    invented(curve=Curve(np.array([-2.0, 1.0]), np.array([1.0, 1.0]))),
    invented(curve=Curve(np.array([1.0, math.nan]), np.array([1.0, 1.0]))),
    invented(curve=Curve(np.array([1.0]), np.array([math.nan]))),
    invented(curve=Curve(np.array([1.0]), np.array([1e300]))),
    invented(curve=Curve(np.array([1.0]), np.array([1.0, 2.0]))),
    invented(curve=Curve(np.zeros((2, 2)), np.zeros((2, 2)))),
    invented(curve=Curve(np.arange(5_000.0) / 100, np.zeros(5_000))),
)


def test_runs_that_cannot_be_those_of_the_member_are_refused(file: Library) -> None:
    room, (eva,) = let_class_train(file, PLAN, 1)
    for run in UNUSABLE:
        with pytest.raises(RoomError, match=r"somebody else|cannot be used"):
            save_run(file, eva, 1, PLAN, run)
    assert runs_of(file, room.room, 1) == []


def test_the_best_return_by_hand_stays(library: Library) -> None:
    room = opened(library)
    eva, tom = joined(library, room, "Eva"), joined(library, room, "Tom")
    for member, value in [(eva, 30.0), (tom, 80.0), (eva, 50.5), (eva, 20.0)]:
        note_return(library, member, 1, value)
    note_return(library, eva, 2, 9.0)
    found = [(b.number, b.nickname, b.best, b.tries) for b in best_returns(library, room.room, 1)]
    assert found == [(2, "", 80.0, 1), (1, "", 50.5, 3)]
    show_names(library, room.key, 1, True)
    assert [b.nickname for b in best_returns(library, room.room, 1)] == ["Tom", "Eva"]
    for value in (math.nan, math.inf, 1e300):
        with pytest.raises(RoomError, match="This return cannot be used"):
            note_return(library, eva, 1, value)
    end_room(library, room.key, 2)
    with pytest.raises(RoomError, match="The room has ended"):
        note_return(library, eva, 1, 99.0)
