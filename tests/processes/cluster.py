"""A Dask cluster of real processes, as a user starts it with `dask scheduler` and `dask worker`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distributed import Client

ROOT = Path(__file__).parents[2]
# The workers write a line before they train a run.
NOTING = """
from pglab.maps import run_result
from pglab.maps.running import workers

def noted(config, pause):
    with open("trained.txt", "a") as file:
        file.write(f"{config.gamma} {config.learning_rate} {config.seed}\\n")
    return run_result.measured(config, pause)

workers.measured = noted
"""


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, at most a minute."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def python(arguments: list[str], folder: Path, **options: Any) -> subprocess.Popen[str]:
    """Start Python in a folder; the process can import the app."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **options)


class Cluster:
    """A scheduler and its workers, which write their logs into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[str]] = []
        self.port = 0
        (folder / "noting.py").write_text(NOTING)
        self.start_scheduler()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def trained(self) -> list[str]:
        """One line for each run that a worker has begun."""
        noted = self.folder / "trained.txt"
        return noted.read_text().splitlines() if noted.exists() else []

    def start_scheduler(self) -> None:
        """Start the scheduler, at its former port if it had one."""
        facts = self.folder / "scheduler.json"
        facts.unlink(missing_ok=True)
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--scheduler-file", str(facts)]
        self.scheduler = self._start("scheduler", *place)
        until(lambda: facts.exists() and facts.read_text().endswith("}"))
        self.port = int(json.loads(facts.read_text())["address"].rpartition(":")[2])

    def start_workers(self, count: int) -> None:
        """Start the workers that are missing."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        options = ["--nthreads", "1", "--no-nanny", "--preload", "noting.py"]
        for _number in range(count - len(self.workers)):
            self.workers.append(self._start("worker", self.address, *options))
        new_client: Any = Client
        with new_client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=60)

    def kill(self, *processes: subprocess.Popen[str]) -> None:
        """End processes without letting them do anything more."""
        for process in processes:
            process.kill()
            process.wait()

    def _start(self, what: str, *arguments: str) -> subprocess.Popen[str]:
        command = ["-m", f"distributed.cli.dask_{what}", "--no-dashboard", *arguments]
        with (self.folder / "log.txt").open("a") as log:
            return python(command, self.folder, stdout=log, stderr=log)
