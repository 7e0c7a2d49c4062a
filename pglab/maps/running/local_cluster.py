"""Dask workers on this machine: threads of this process, or several worker processes.

Dask's own `LocalCluster` is not suitable for an app. It serves web pages to the whole network.
Also, its worker processes run the program's main script again; under Streamlit, this script is a
page of the app.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import Any

import dask
from distributed import Scheduler, Worker
from distributed.deploy.spec import ProcessInterface, SpecCluster

from pglab.session.sharing.threads import on_all_cores

HOST = "127.0.0.1"  # the processes talk only inside this machine
CONFIG = {"distributed.worker.profile.enabled": False}  # looks at all threads of the process


class _NoWebServer:
    """A Dask node without a web server, because a web server would open a port."""

    def start_http_server(self, *_arguments: Any, **_options: Any) -> None:
        """Do nothing, so that no web server starts."""


class QuietScheduler(_NoWebServer, Scheduler):
    """A Dask scheduler without a web server."""


class QuietWorker(_NoWebServer, Worker):
    """A Dask worker without a web server."""

    async def close(self, *arguments: Any, **options: Any) -> Any:
        """Close this worker at once, because nobody reads the results of its unfinished runs.

        If the worker trains nothing, wait for its threads, because they end at once.
        """
        idle = not self.state.executing_count
        return await super().close(*arguments, **options | {"executor_wait": idle})


class WorkerProcess(ProcessInterface):
    """A worker in a child process, which ends when the parent process ends or is killed."""

    def __init__(self, scheduler: str, name: Any = None) -> None:
        """`scheduler` is the address of the scheduler."""
        super().__init__(scheduler, name)  # type: ignore[no-untyped-call]
        self.scheduler = scheduler
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start the worker process, which connects to the scheduler after importing PyTorch."""
        with on_all_cores():  # the process inherits the cores of this thread
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pglab.maps.running.worker_process", self.scheduler],
                stdin=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        await super().start()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """End the worker process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        await super().close()  # type: ignore[no-untyped-call]


def cluster_of_threads(threads: int) -> SpecCluster:
    """A cluster with one worker in this process; the cluster opens no port."""
    local = {"protocol": "inproc"}
    options = {**local, "nthreads": threads, "memory_limit": 0}
    return _cluster(local, {"cls": QuietWorker, "options": options}, 1)


def cluster_of_processes(count: int) -> SpecCluster:
    """A cluster of one-thread worker processes; the processes connect after some seconds."""
    return _cluster({"host": HOST, "port": 0}, {"cls": WorkerProcess, "options": {}}, count)


def _cluster(scheduler: dict[str, Any], worker: dict[str, Any], count: int) -> SpecCluster:
    with dask.config.set(CONFIG):
        cluster: Any = SpecCluster
        started: SpecCluster = cluster(
            scheduler={"cls": QuietScheduler, "options": scheduler},
            workers=dict.fromkeys(range(count), worker),
            worker=worker,
            silence_logs=logging.ERROR,
        )
    return started
