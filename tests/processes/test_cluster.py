"""Worker processes train as this process does, and nothing is lost when they go away."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pglab.config import ReinforceConfig
from pglab.library.keeping.saver import SharedLibrary
from pglab.library.store.opening import open_library
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.run_result import measured
from pglab.maps.running import workers as workers_module
from pglab.maps.running.keys import result_key
from pglab.maps.running.map_run import MapRun
from pglab.maps.running.results import Results
from pglab.maps.running.workers import Workers
from pglab.session.stored import provenance
from tests.processes.cluster import Cluster, python, until

PLAN = MapPlan(
    ReinforceConfig(hidden_sizes=(8,)),
    (Axis("gamma", (0.9, 0.99)), Axis("learning_rate", (1e-3, 1e-2))),
    seeds=6,
    total_steps=4_000,
)
KEYS = {run: result_key(PLAN.config_of(*run)) for run in PLAN.runs()}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.kill(cluster.scheduler, *cluster.workers)


@pytest.fixture
def workers(cluster: Cluster) -> Iterator[Workers]:
    """The connection of an app to the cluster."""
    workers = Workers(cluster.address)
    yield workers
    workers.close()


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """An empty library."""
    return Results(SharedLibrary(lambda: open_library(f"sqlite:///{tmp_path}/runs.sqlite3")))


def started(workers: Workers, results: Results, cluster: Cluster) -> MapRun:
    """A map in the middle of its training."""
    (cluster.folder / "trained.txt").unlink(missing_ok=True)
    one = MapRun(PLAN, workers, results)
    one.start()
    until(lambda: len(one.snapshot().results) > 2)
    assert one.snapshot().running
    return one


def check(one: MapRun, results: Results, cluster: Cluster, losses: int) -> None:
    """All results are there once, equal those of this process, and few runs were repeated."""
    one.wait(60)
    assert one.snapshot().problem is None
    assert one.snapshot().results == {run: measured(PLAN.config_of(*run)) for run in PLAN.runs()}
    assert results.load(KEYS.values()) == {
        KEYS[run]: r for run, r in one.snapshot().results.items()
    }
    times = Counter(cluster.trained())
    assert len(times) == len(KEYS)
    assert max(times.values()) <= 1 + losses


def test_a_worker_is_killed(cluster: Cluster, workers: Workers, results: Results) -> None:
    cluster.start_workers(2)
    one = started(workers, results, cluster)
    cluster.kill(cluster.workers[0])
    check(one, results, cluster, losses=1)


def test_the_scheduler_starts_again(cluster: Cluster, workers: Workers, results: Results) -> None:
    cluster.start_workers(1)
    one = started(workers, results, cluster)
    cluster.kill(cluster.scheduler)
    kept = set(one.snapshot().results)
    cluster.workers[0].wait(60)  # a worker ends with its scheduler
    cluster.start_scheduler()
    cluster.start_workers(1)
    one.start()  # if the map has stopped meanwhile
    assert kept <= set(one.snapshot().results)
    check(one, results, cluster, losses=1)


def test_the_cluster_goes_away(
    cluster: Cluster, workers: Workers, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "PATIENCE", 0.5)
    monkeypatch.setattr(workers_module, "ALONE", 0.5)
    cluster.start_workers(1)
    one = started(workers, results, cluster)
    cluster.kill(cluster.scheduler, *cluster.workers)
    one.wait(60)
    stopped = one.snapshot()
    assert "cannot be reached" in str(stopped.problem)
    assert results.load(KEYS.values()) == {KEYS[run]: r for run, r in stopped.results.items()}
    cluster.start_scheduler()
    one.start()
    one.wait(60)
    assert "has no workers" in str(one.snapshot().problem)
    cluster.start_workers(1)
    one.start()
    check(one, results, cluster, losses=1)


def test_a_worker_with_other_packages_is_refused(
    cluster: Cluster, workers: Workers, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.start_workers(1)
    installed = provenance.made_by("fast") | {"numpy": "1.0"}
    monkeypatch.setattr(provenance, "_versions", lambda: installed)
    one = MapRun(PLAN, workers, results)
    one.start()
    one.wait(60)
    assert not one.snapshot().results
    assert str(one.snapshot().problem).startswith("A worker has other versions (numpy ")


# --- The workers that the app itself starts.

THREADS = """
import os, psutil
from pathlib import Path
from pglab.config import ReinforceConfig
from pglab.maps.running.workers import Workers

workers = Workers()
runs = [ReinforceConfig(hidden_sizes=(8,), total_steps=1_000, seed=seed) for seed in range(50)]
assert workers.threads
workers.submit(runs[0]).result()
threads = psutil.Process().num_threads()
for future in [workers.submit(run) for run in runs]:
    future.result()
assert psutil.Process().num_threads() < threads + 5
del future
assert not psutil.Process().net_connections()
assert not psutil.Process().children()
workers.close()
assert not list(Path().iterdir())
"""

PROCESSES = """
import psutil, sys
from pglab.config import ReinforceConfig
from pglab.maps.run_result import measured
from pglab.maps.running.workers import Workers

short, long = (ReinforceConfig(hidden_sizes=(8,), total_steps=n) for n in (1_000, 1_000_000))
ends, stays = Workers("auto"), Workers("auto")
assert ends.threads <= 1
assert stays.submit(short).result() == measured(short).encoded()
future = stays.submit(long)
both = psutil.Process().children(recursive=True)
ends.close()
one = psutil.Process().children(recursive=True)
assert len(both) == 2 and len(one) == 1
print(one[0].pid, flush=True)
sys.stdin.read()
"""


def test_threads_of_this_process_open_no_port_and_write_no_file(tmp_path: Path) -> None:
    process = script(THREADS, tmp_path)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


def test_worker_processes_end_with_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGLAB_THREADS", "1")
    app = script(PROCESSES, tmp_path)
    assert app.stdout is not None
    number = app.stdout.readline()
    if not number:
        pytest.fail(app.communicate()[1])
    worker = psutil.Process(int(number))
    app.kill()
    gone, _left = psutil.wait_procs([worker], timeout=10)
    assert gone
    assert app.communicate(timeout=60) == ("", "")


def script(text: str, folder: Path) -> subprocess.Popen[str]:
    """Run a script whose output the test reads."""
    pipe = subprocess.PIPE
    return python(["-W", "error", "-c", text], folder, stdin=pipe, stdout=pipe, stderr=pipe)
