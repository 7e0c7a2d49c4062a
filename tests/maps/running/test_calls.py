"""Functions are called on the workers of the maps, and give what they give in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ReinforceConfig
from pglab.maps.run_result import measured
from pglab.maps.running import calls
from pglab.maps.running import workers as workers_module
from pglab.maps.running.calls import on_workers
from pglab.maps.running.keys import provenance_of
from pglab.maps.running.local_cluster import cluster_of_processes
from pglab.maps.running.workers import OtherVersion, Workers, WorkersUnavailable, call

RUNS = [ReinforceConfig(hidden_sizes=(8,), total_steps=1_000, seed=seed) for seed in (3, 1, 2)]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Threads of this process."""
    workers = Workers()
    yield workers
    workers.close()


def divided_by_seed_minus_one(config: AgentConfig) -> float:
    """Fails for seed 1."""
    return 12 / (config.seed - 1)


def test_the_results_have_the_order_of_the_settings(workers: Workers) -> None:
    assert on_workers(measured, RUNS, workers) == [measured(config) for config in RUNS]
    assert on_workers(measured, [], workers) == []


def test_an_error_is_raised_as_it_is(workers: Workers) -> None:
    with pytest.raises(ZeroDivisionError):
        on_workers(divided_by_seed_minus_one, RUNS, workers)


def test_a_worker_with_other_versions_is_refused() -> None:
    here = provenance_of(RUNS[0])
    assert call(measured, RUNS[0], here) == measured(RUNS[0])
    with pytest.raises(OtherVersion, match=f"numpy {here['numpy']} ≠ 1.0") as refused:
        call(measured, RUNS[0], here | {"numpy": "1.0"})
    assert "Update this worker" in str(refused.value.refusal())


def test_without_workers_the_wait_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "PATIENCE", 0.5)
    with pytest.raises(WorkersUnavailable, match="cannot be reached"):
        on_workers(measured, RUNS, Workers("tcp://127.0.0.1:9"))
    monkeypatch.setattr(calls, "ROUND", 0.05)
    monkeypatch.setattr(workers_module, "ALONE", 0.1)
    with cluster_of_processes(0) as cluster, pytest.raises(WorkersUnavailable, match="no workers"):
        on_workers(measured, RUNS, Workers(cluster.scheduler_address))
