"""A map trains its runs on real Dask workers, and nothing is lost when workers or pages go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pglab.config import ReinforceConfig
from pglab.library.keeping.saver import SharedLibrary
from pglab.library.store.opening import open_library
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.run_result import RunResult, measured
from pglab.maps.running import workers as workers_module
from pglab.maps.running.map_run import MapRun
from pglab.maps.running.results import Results
from pglab.maps.running.workers import Workers, WorkersUnavailable

PLAN = MapPlan(
    ReinforceConfig(hidden_sizes=(8,)),
    (Axis("gamma", (0.9, 0.99)), Axis("learning_rate", (1e-3, 1e-2))),
    seeds=3,
    total_steps=1_000,
)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Threads of this process."""
    workers = Workers()
    yield workers
    workers.close()


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """An empty library."""
    return Results(SharedLibrary(lambda: open_library(f"sqlite:///{tmp_path}/runs.sqlite3")))


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[ReinforceConfig]:
    """The runs that workers in this process train from now on."""
    begun: list[ReinforceConfig] = []

    def noted(config: ReinforceConfig, pause: Callable[[], None]) -> RunResult:
        begun.append(config)
        return measured(config, pause)

    monkeypatch.setattr(workers_module, "measured", noted)
    return begun


def finish(one: MapRun) -> None:
    one.start()
    one.wait(60)
    assert one.snapshot().problem is None
    assert one.snapshot().done


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_every_cell_has_its_single_runs_and_nothing_is_trained_twice(
    workers: Workers, results: Results, trained: list[ReinforceConfig]
) -> None:
    first = MapRun(PLAN, workers, results)
    assert not first.snapshot().results
    finish(first)
    for run, result in first.snapshot().results.items():
        assert result == measured(PLAN.config_of(*run))
    assert len(trained) == len(set(trained)) == 12
    again = MapRun(PLAN, workers, results)
    assert again.snapshot().results == first.snapshot().results
    wider = MapPlan(PLAN.config, PLAN.axes, seeds=4, total_steps=1_000)
    finish(MapRun(wider, workers, results))
    assert len(trained) == len(set(trained)) == 16


def test_a_map_pauses_and_goes_on(
    workers: Workers, results: Results, trained: list[ReinforceConfig]
) -> None:
    one = MapRun(PLAN, workers, results)
    one.start()
    until(lambda: bool(one.snapshot().results))
    one.pause()
    one.wait(60)
    paused = one.snapshot()
    assert not paused.running
    assert 0 < len(paused.results) < 12
    finish(one)
    assert len(trained) == len(set(trained)) == 12


def test_a_map_ends_when_nobody_wants_it(workers: Workers, results: Results) -> None:
    wanted = threading.Event()
    wanted.set()
    one = MapRun(PLAN, workers, results, is_wanted=wanted.is_set)
    one.start()
    until(lambda: bool(one.snapshot().results))
    wanted.clear()
    one.wait(60)
    assert not one.snapshot().done
    later = MapRun(PLAN, workers, results)
    assert later.snapshot().results == one.snapshot().results


def test_a_map_goes_on_without_a_library(workers: Workers) -> None:
    one = MapRun(PLAN, workers, Results(SharedLibrary(lambda: open_library("sqlite:////no/x"))))
    finish(one)


def test_an_error_in_training_is_told(
    workers: Workers, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_config: ReinforceConfig, _pause: Callable[[], None]) -> RunResult:
        raise ArithmeticError("the pole is gone")

    monkeypatch.setattr(workers_module, "measured", fails)
    one = MapRun(PLAN, workers, results)
    one.start()
    one.wait(60)
    assert one.snapshot().problem == "A run could not be trained: the pole is gone."


def test_a_cluster_that_cannot_be_reached(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "PATIENCE", 0.5)
    nobody = Workers("tcp://127.0.0.1:9")
    with pytest.raises(WorkersUnavailable, match="cannot be reached"):
        nobody.threads  # noqa: B018
    one = MapRun(PLAN, nobody, results)
    one.start()
    one.wait(60)
    assert "tcp://127.0.0.1:9" in str(one.snapshot().problem)
