"""The further seeds of a run. Threads train each seed exactly as if the seed ran alone."""

from __future__ import annotations

import math
import statistics
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.agents import AgentConfig
from pglab.curves import Curve
from pglab.session.bench import Bench
from pglab.session.pacing import FULL_SPEED
from pglab.session.seeds import lockstep
from pglab.session.seeds.group import SeedGroup
from pglab.session.seeds.lockstep import SeedFailed, train_together
from pglab.session.seeds.statistics import GRID_POINTS, band_of
from pglab.session.training_session import TrainingSession
from tests.oracles import same_records, short_config
from tests.oracles_actor_critic import CELLS, short_cell

PATIENCE = 60.0  # seconds
CONFIGS: dict[str, AgentConfig] = {
    "REINFORCE": short_config(baseline="value"),
    "split replay": short_cell(**CELLS["split replay"]),
}
RUN = CONFIGS["REINFORCE"]


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make two threads train, on any number of cores."""
    monkeypatch.setenv("PGLAB_THREADS", "2")
    pool = ThreadPoolExecutor(2)
    monkeypatch.setattr(lockstep, "shared_threads", lambda: pool)


def bring_up(group: SeedGroup) -> None:
    """Train all further seeds up to the step of the group's first run."""
    train_together([group.run], [group], group.run.global_step, PATIENCE)
    assert not group.behind


def tick_until_idle(bench: Bench) -> None:
    while bench.busy:
        bench.take_turn()


def assert_same_run(session: TrainingSession, other: TrainingSession) -> None:
    assert session.global_step == other.global_step
    assert same_records(session.history.steps, other.history.steps)
    for name in ("global_step", "actor_loss", "critic_loss", "entropy"):
        np.testing.assert_array_equal(session.history.updates[name], other.history.updates[name])
    for name, network in session.networks.items():
        pairs = zip(network.parameters(), other.networks[name].parameters(), strict=True)
        assert all(torch.equal(*pair) for pair in pairs)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_further_seed_is_the_run_that_it_would_be_alone(config: AgentConfig) -> None:
    """The runs train in several parts. Between the parts, the same settings change in both runs."""
    run = TrainingSession(config)
    group = SeedGroup(run, 2)
    alone = TrainingSession(config.changed(seed=config.seed + 2))
    for steps, change in ((90, {}), (50, {"gamma": 0.5}), (40, {"learning_rate": 0.002})):
        if change:
            for session in (run, alone):
                session.change(**change)
        for session in (run, alone):
            session.advance("step", steps)
        bring_up(group)
    assert_same_run(group.members[1], alone)
    assert group.members[0].config.seed == config.seed + 1


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_runs_that_train_at_once_are_the_runs_that_they_would_be_alone(config: AgentConfig) -> None:
    group = SeedGroup(TrainingSession(config), 3)
    runs = [group.run, TrainingSession(config.changed(gamma=0.5))]
    train_together(runs, [group], 700, PATIENCE)
    for run in [*runs, *group.members]:
        alone = TrainingSession(run.config)
        alone.advance("step", 700)
        assert_same_run(run, alone)


def test_two_changes_at_one_step_both_arrive() -> None:
    run = TrainingSession(RUN)
    group = SeedGroup(run, 1)
    run.advance("step", 30)
    run.change(gamma=0.4)
    bring_up(group)
    run.change(learning_rate=0.02)
    bring_up(group)
    config = group.members[0].config
    assert (config.gamma, config.learning_rate) == (0.4, 0.02)


def test_no_seed_is_ever_ahead_of_the_run_and_the_run_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A seed trains 10 steps at a time. The run may be at most 30 steps ahead of the seeds."""
    pace = property(lambda _session: 100.0, lambda _session, _seconds: None)
    monkeypatch.setattr(TrainingSession, "seconds_per_step", pace, raising=False)
    monkeypatch.setattr(lockstep, "PORTION", 1000.0)  # then the run, too, trains 10 steps at a time
    run = TrainingSession(RUN)
    group = SeedGroup(run, 4)
    leads: list[int] = []

    def ten_steps(_group: SeedGroup, seed: TrainingSession, _seconds: float) -> None:
        seed.advance("step", min(10, run.global_step - seed.global_step))
        leads.append(run.global_step - seed.global_step)

    monkeypatch.setattr(SeedGroup, "catch_up", ten_steps)
    train_together([run], [group], 400, PATIENCE)
    assert (run.global_step, group.steps) == (400, 400)
    assert min(leads) == 0
    assert max(leads) <= 30


def test_seeds_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seed trains 10 steps at a time. Two threads train at once, and one may be delayed."""
    run = TrainingSession(RUN)
    run.advance("step", 200)
    group = SeedGroup(run, 5)
    apart: list[int] = []

    def ten_steps(_group: SeedGroup, seed: TrainingSession, _seconds: float) -> None:
        seed.advance("step", 10)
        steps = [member.global_step for member in group.members]
        apart.append(max(steps) - min(steps))

    monkeypatch.setattr(SeedGroup, "catch_up", ten_steps)
    bring_up(group)
    assert len(apart) == 100
    assert max(apart) <= 50


def test_a_visitor_has_one_portion_for_each_thread_in_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Threads do the waiting work in the order of its arrival, so every visitor gets turns."""
    counts: list[int] = []
    begun: list[Future[Any]] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
            begun.append(super().submit(*arguments, **named))
            counts.append(sum(not future.done() for future in begun))
            return begun[-1]

    pool = Counting(8)
    monkeypatch.setattr(lockstep, "shared_threads", lambda: pool)
    run = TrainingSession(RUN)
    run.advance("step", 3000)
    bring_up(SeedGroup(run, 6))
    assert len(begun) >= 6
    assert max(counts) <= 2


def test_a_thread_works_in_the_context_of_the_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread needs the visitor's context, because the context contains the language."""
    visitor = ContextVar("visitor", default="nobody")
    found: list[str] = []
    original = SeedGroup.catch_up

    def listening(group: SeedGroup, seed: TrainingSession, seconds: float) -> None:
        found.append(visitor.get())
        original(group, seed, seconds)

    monkeypatch.setattr(SeedGroup, "catch_up", listening)
    run = TrainingSession(RUN)
    run.advance("step", 10)
    visitor.set("someone")
    bring_up(SeedGroup(run, 1))
    assert set(found) == {"someone"}


def fail_once(monkeypatch: pytest.MonkeyPatch, failing: TrainingSession) -> list[int]:
    """Make one seed fail after 20 steps, while another seed trains.

    Return a list. Each seed that later finishes a part of its training is added to this list.
    """
    failed = threading.Event()
    ended: list[int] = []
    original = SeedGroup.catch_up

    def catch_up(group: SeedGroup, seed: TrainingSession, seconds: float) -> None:
        if seed is failing:
            seed.advance("step", 20)
            failed.set()
            raise ValueError("no memory")
        assert failed.wait(PATIENCE)
        original(group, seed, seconds)
        ended.append(seed.config.seed)

    monkeypatch.setattr(SeedGroup, "catch_up", catch_up)
    return ended


def test_a_thread_that_raises_loses_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call ends after the other thread's work, so no thread trains after a visitor leaves."""
    run = TrainingSession(RUN.changed(seed=5))
    run.advance("step", 50)
    group = SeedGroup(run, 2)
    ended = fail_once(monkeypatch, group.members[0])
    with pytest.raises(SeedFailed, match=r"^Seed 6 could not be trained: no memory\. Press Run"):
        bring_up(group)
    assert ended == [7]
    assert [seed.global_step for seed in (run, *group.members)] == [50, 0, 50]
    bring_up(group)
    for seed in (run, *group.members):
        alone = TrainingSession(seed.config)
        alone.advance("step", 50)
        assert_same_run(seed, alone)


def test_an_error_in_the_run_itself_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    run = TrainingSession(RUN)

    def fail(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(run, "advance", fail)
    with pytest.raises(ZeroDivisionError):
        train_together([run], [SeedGroup(run, 1)], 100, PATIENCE)


def test_a_bench_tells_that_a_seed_failed_and_goes_on_after_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(RUN)
    bench.seeds, bench.speed = 3, FULL_SPEED
    bench.advance("episode")
    assert bench.group is not None
    fail_once(monkeypatch, bench.group.members[1])
    bench.run()
    tick_until_idle(bench)
    assert (bench.problem or "").startswith(f"Seed {RUN.seed + 2} could not be trained")
    assert (bench.running, bench.group.behind) == (False, True)
    bench.run()
    tick_until_idle(bench)
    assert (bench.problem, bench.session.finished, bench.group.behind) == (None, True, False)


def test_a_bench_with_seeds_goes_on_until_all_are_there() -> None:
    bench = Bench(RUN)
    bench.seeds = 3
    assert bench.group is not None
    bench.advance("episode")
    reached = bench.session.global_step
    assert bench.busy
    assert not bench.running
    tick_until_idle(bench)
    assert bench.session.global_step == reached
    assert bench.group.steps == reached
    found = bench.summary().further
    assert [result.seed for result in found] == [bench.session.config.seed + n for n in (1, 2)]
    assert {result.global_step for result in found} == {reached}
    bench.shown_seed = 2
    assert bench.shown_session.config.seed == bench.session.config.seed + 2
    group = bench.group
    bench.reset()
    assert bench.group is not group
    assert bench.group.steps == 0
    assert bench.past[-1].further == found
    bench.seeds = 1
    assert bench.shown_session is bench.session
    assert not bench.busy


FIVE = [
    Curve(np.array([10.0, 20.0, 40.0]), np.array([1.0, 2.0, 3.0])),
    Curve(np.array([15.0, 30.0]), np.array([5.0, 7.0])),
    Curve(np.array([5.0, 12.0]), np.array([9.0, 500.0])),
    Curve(np.array([6.0, 25.0, 70.0]), np.array([4.0, 8.0, 6.0])),
    Curve(np.array([8.0, 33.0]), np.array([2.0, 500.0])),
]
STOPS = [math.inf, 61.0, 12.0, math.inf, 33.0]


def naive_band(step: float) -> tuple[int, float, float, float]:
    """Return the number of seeds that still train at a step, and the quartiles of their values."""
    held = [
        [r for s, r in zip(curve.steps, curve.returns, strict=True) if s <= step][-1]
        for curve, stop in zip(FIVE, STOPS, strict=True)
        if step <= stop
    ]
    low, median, high = statistics.quantiles(held, n=4, method="inclusive")
    return len(held), low, median, high


def test_a_stopped_seed_leaves_the_band_which_ends_when_few_are_left() -> None:
    band = band_of(FIVE, STOPS, until=100)
    assert band is not None
    assert band.seeds is not None
    assert band.steps[0] >= 15
    assert band.steps[-1] == 61, "the band must end when fewer than half of the seeds train"
    rows = zip(band.steps, band.seeds, band.low, band.median, band.high, strict=True)
    for step, *row in rows:
        assert row == pytest.approx(naive_band(step)), step
    assert sorted(set(band.seeds)) == [3, 4]
    assert band.median.max() < 500


def test_seeds_that_end_together_stay_to_the_end() -> None:
    band = band_of(FIVE, [80.0] * 5, until=80)
    assert band is not None
    assert band.seeds is not None
    assert (band.steps[-1], set(band.seeds)) == (80, {5})


def test_the_band_does_not_change_where_it_has_been_drawn() -> None:
    rng = np.random.default_rng(0)
    curves = [
        Curve(np.cumsum(rng.integers(9, 50, 300)).astype(float), rng.normal(size=300))
        for _seed in range(4)
    ]
    known: dict[float, float] = {}
    for until in range(60, 8_000, 60):
        band = band_of(curves, [math.inf] * 4, until)
        assert band is not None
        assert len(band.steps) <= GRID_POINTS + 1
        for step, median in zip(band.steps, band.median, strict=True):
            assert known.setdefault(step, median) == median
        inner = band.steps[:-1]
        assert len(inner) < 2 or np.ptp(np.diff(inner)) == 0


def test_no_band_before_every_seed_has_ended_an_episode() -> None:
    begun = Curve(np.array([10.0]), np.array([10.0]))
    assert band_of([begun, Curve(np.empty(0), np.empty(0))], [math.inf] * 2, until=20) is None
    assert band_of([begun], [math.inf], until=20) is None
