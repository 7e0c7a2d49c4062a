"""Measure how much faster two worker processes finish a map than one.

`python -m tests.maps.running.measure_workers` prints the times of three repetitions. The map
has 24 runs of 60,000 steps. All workers have trained a run before the time is taken.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from distributed import Client

from pglab.config import ReinforceConfig
from pglab.library.keeping.saver import SharedLibrary
from pglab.library.store.opening import open_library
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.run_result import measured
from pglab.maps.running.map_run import MapRun
from pglab.maps.running.results import Results
from pglab.maps.running.workers import Workers
from tests.processes.cluster import Cluster

PLAN = MapPlan(
    ReinforceConfig(), (Axis("learning_rate", (3e-4, 1e-3)),), seeds=12, total_steps=60_000
)
SHORT = ReinforceConfig(total_steps=1_000)
REPEATS = 3


def warm_up() -> None:
    """Load the compiled code on a worker."""
    measured(SHORT)


def seconds(folder: Path, count: int) -> float:
    """How long a map takes on so many worker processes."""
    cluster = Cluster(folder)
    workers = Workers(cluster.address)
    try:
        cluster.start_workers(count)
        new_client: Any = Client
        with new_client(cluster.address, set_as_default=False) as client:
            client.run(warm_up)
        workers.submit(SHORT).result()  # the scheduler imports the app, too
        results = Results(SharedLibrary(lambda: open_library(f"sqlite:///{folder}/runs.sqlite3")))
        one = MapRun(PLAN, workers, results)
        began = time.monotonic()
        one.start()
        one.wait()
        assert one.snapshot().done
        return time.monotonic() - began
    finally:
        workers.close()
        cluster.kill(cluster.scheduler, *cluster.workers)


if __name__ == "__main__":
    for _repeat in range(REPEATS):
        times = []
        for count in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                times.append(seconds(Path(folder), count))
        alone, both = times
        faster = alone / both
        print(f"1 worker {alone:.1f} s, 2 workers {both:.1f} s: {faster:.2f} times as fast")  # noqa: T201
