"""Further seeds of a run: workers train them exactly as if each ran alone."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np
import psutil
import pytest
import torch

from pglab.algorithms.agents import AgentConfig
from pglab.curves import Curve
from pglab.session.bench import Bench
from pglab.session.seeds.group import SeedGroup, wait_for
from pglab.session.seeds.statistics import GRID_POINTS, band_of
from pglab.session.seeds.workers import Workers
from pglab.session.training_session import TrainingSession
from tests.oracles import same_records, short_config
from tests.oracles_actor_critic import CELLS, short_cell

PATIENCE = 60.0  # seconds in which a worker process loads PyTorch, on a slow machine
CONFIGS: dict[str, AgentConfig] = {
    "REINFORCE": short_config(baseline="value"),
    "split replay": short_cell(**CELLS["split replay"]),
}


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Two worker processes, which end with the tests.

    PYTHONSAFEPATH is set, so Python does not look for modules in the current folder.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONSAFEPATH", "1")
        pool = Workers(2)
        yield pool
        pool.close()


def bring_up(group: SeedGroup) -> None:
    """Train all further seeds up to the step of the run."""
    deadline = time.monotonic() + PATIENCE
    while group.behind and time.monotonic() < deadline:
        group.tick()
        wait_for([group], 1.0)
    assert not group.behind


def assert_same_run(session: TrainingSession, other: TrainingSession) -> None:
    assert session.global_step == other.global_step
    assert same_records(session.history.steps, other.history.steps)
    for name in ("global_step", "actor_loss", "critic_loss", "entropy"):
        np.testing.assert_array_equal(session.history.updates[name], other.history.updates[name])
    for name, network in session.networks.items():
        pairs = zip(network.parameters(), other.networks[name].parameters(), strict=True)
        assert all(torch.equal(*pair) for pair in pairs)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_further_seed_is_the_run_that_it_would_be_alone(
    config: AgentConfig, workers: Workers
) -> None:
    """Training in several stretches, with settings that change at the same steps."""
    run = TrainingSession(config)
    group = SeedGroup(run, 2, workers)
    alone = TrainingSession(config.changed(seed=config.seed + 2))
    for steps, change in ((90, {}), (50, {"gamma": 0.5}), (40, {"learning_rate": 0.002})):
        if change:
            for session in (run, alone):
                session.change(**change)
        for session in (run, alone):
            session.advance("step", steps)
        bring_up(group)
    assert_same_run(group.members[1].session, alone)
    assert group.members[0].session.config.seed == config.seed + 1


def test_two_changes_at_one_step_both_arrive(workers: Workers) -> None:
    run = TrainingSession(CONFIGS["REINFORCE"])
    group = SeedGroup(run, 1, workers)
    run.advance("step", 30)
    run.change(gamma=0.4)
    bring_up(group)
    run.change(learning_rate=0.02)
    bring_up(group)
    config = group.members[0].session.config
    assert (config.gamma, config.learning_rate) == (0.4, 0.02)


def test_none_is_ever_ahead_of_the_run(workers: Workers) -> None:
    run = TrainingSession(CONFIGS["REINFORCE"])
    group = SeedGroup(run, 2, workers)
    for steps in (7, 1, 40):
        run.advance("step", steps)
        bring_up(group)
        assert [m.session.global_step for m in group.members] == [run.global_step] * 2
        assert group.steps == run.global_step


def test_a_process_that_ends_is_replaced(workers: Workers) -> None:
    run = TrainingSession(CONFIGS["REINFORCE"])
    run.advance("step", 20)
    group = SeedGroup(run, 1, workers)
    bring_up(group)
    for process in workers.processes:
        process.kill()
        process.wait()
    run.advance("step", 20)
    bring_up(group)
    assert group.members[0].session.global_step == 40


def seconds_worked(workers: Workers) -> float:
    """Processor time of the living worker processes, in seconds."""
    living = [process.pid for process in workers.processes if process.poll() is None]
    return float(sum(psutil.Process(pid).cpu_times().user for pid in living))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_that_ends_while_it_trains_is_told(workers: Workers) -> None:
    run = TrainingSession(CONFIGS["REINFORCE"])
    run.advance("step", 20)
    group = SeedGroup(run, 1, workers)
    bring_up(group)
    before = seconds_worked(workers)
    run.advance("step", 30_000)
    group.tick()
    wait_until(lambda: seconds_worked(workers) > before + 0.05)
    for process in workers.processes:
        process.kill()
        process.wait()
    wait_for([group], PATIENCE)
    with pytest.raises(RuntimeError, match="has ended"):
        group.tick()
    assert group.members[0].session.global_step == 20
    bring_up(group)


def test_requests_get_shorter_towards_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes, at 2 s per 1000 steps: a request is a share of the remaining work."""
    asked: list[float] = []

    class Listening(Workers):
        def catch_up(self, *request: Any) -> Future[TrainingSession]:
            asked.append(request[-1])
            return Future()

    monkeypatch.setattr(TrainingSession, "milliseconds_per_1000_steps", 2000.0)
    run = TrainingSession(CONFIGS["REINFORCE"])
    for steps in (300, 300, 400):
        run.advance("step", steps)
        SeedGroup(run, 4, Listening(2)).tick()
    assert asked == pytest.approx([1.0] * 4 + [1.2] * 4 + [1.5] * 4)


def test_a_bench_with_seeds_goes_on_until_all_are_there() -> None:
    bench = Bench(CONFIGS["REINFORCE"])
    bench.seeds = 3
    assert bench.group is not None
    bench.advance("episode")
    reached = bench.session.global_step
    assert bench.busy
    assert not bench.running
    deadline = time.monotonic() + PATIENCE
    while bench.busy and time.monotonic() < deadline:
        bench.tick()
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
    """Number of seeds that still train at a step, and the quartiles of their values."""
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
    assert band.steps[-1] == 61, "two of five are fewer than half"
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
