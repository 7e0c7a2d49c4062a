"""The workers that train the runs of maps: Dask threads of this process, processes, or a cluster.

The environment variable `PGLAB_DASK` chooses the workers. If the variable is not set, threads of
this process train the runs. If its value is `auto`, there is one worker process for each processor
core. Any other value is the address of a Dask scheduler.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, TypeVar

from distributed import Client, Future
from distributed.client import ClosedClientError

from pglab.algorithms.agents import AgentConfig
from pglab.language import _
from pglab.library.contents import Facts
from pglab.library.encoding import config_facts, config_from
from pglab.library.state.taking import StateError
from pglab.maps.run_result import measured
from pglab.maps.running.giving_way import give_way
from pglab.maps.running.keys import provenance_of, result_key
from pglab.maps.running.local_cluster import cluster_of_processes, cluster_of_threads
from pglab.networks import use_one_thread
from pglab.session.sharing.threads import be_nice, thread_count
from pglab.session.stored.provenance import made_by, other_versions

Result = TypeVar("Result")

VARIABLE = "PGLAB_DASK"
PROCESSES = "auto"
NICENESS = 19  # pages and the training of visitors go first
LONGEST_PAUSE = 3.0  # seconds between two stretches of a run, while visitors need all cores
PATIENCE = 10.0  # seconds to connect to a scheduler
ALONE = 60.0  # seconds without any worker until a wait for results ends

# What Dask raises if the scheduler goes away during a request.
LOST = (OSError, TimeoutError, CancelledError, ClosedClientError)


class WorkersUnavailable(RuntimeError):
    """Raised if no worker can be reached; the message says what to change."""


class OtherVersion(RuntimeError):
    """Raised on a worker with versions that give other numbers; the message lists the versions."""

    def refusal(self) -> WorkersUnavailable:
        """Make the error that tells a user to update this worker."""
        return WorkersUnavailable(
            _("A worker has other versions ({versions}). Update this worker.").format(versions=self)
        )


def train_run(facts: Facts, niceness: int, key: str, versions: Mapping[str, str]) -> bytes:
    """Train one run on a worker, and return the encoded result.

    Args:
        facts: the settings, as `config_facts` writes them.
        niceness: a higher number gives the training a lower priority on the worker's machine.
        key: the key of the result, computed by the process that has submitted the run.
        versions: the provenance of the result, computed by the process that has submitted the run.

    Raises:
        ConfigError: the settings cannot be used on this worker.
        OtherVersion: this worker's versions differ, so its numbers would not belong to this key.
    """
    use_one_thread()  # several threads would add numbers in another order
    be_nice(niceness)
    try:
        config = config_from(facts)
    except StateError as error:  # this version of the app does not know all settings
        raise OtherVersion(_differences(versions, made_by(versions["engine"]))) from error
    if result_key(config) != key:
        raise OtherVersion(_differences(versions, provenance_of(config)))
    return measured(config, partial(give_way, LONGEST_PAUSE)).encoded()


def call(
    work: Callable[[AgentConfig], Result], config: AgentConfig, versions: Mapping[str, str]
) -> Result:
    """Call `work` with settings on a worker, which must have the provenance `versions`.

    Raises:
        OtherVersion: this worker would compute other numbers.
    """
    use_one_thread()
    here = provenance_of(config)
    if here != versions:
        raise OtherVersion(_differences(versions, here))
    return work(config)


def _differences(wanted: Mapping[str, str], here: Mapping[str, str]) -> str:
    different = other_versions(wanted, here)
    texts = (f"{name} {version} ≠ {other}" for name, (other, version) in different.items())
    return ", ".join(texts) or "pglab"


class Workers:
    """Trains runs on Dask workers, which start when the first run is submitted."""

    def __init__(self, choice: str | None = None) -> None:
        """`choice` is a value of `PGLAB_DASK`; None stands for threads of this process."""
        self.choice = choice
        self._lock = threading.Lock()
        self._client: Any = None  # the type hints of `Client` are incomplete

    def submit(self, config: AgentConfig) -> Future[bytes]:
        """Begin to train a run; a run that is already being trained is not trained twice.

        Raises:
            WorkersUnavailable: the workers cannot be reached.
        """
        niceness = 0 if self._is_cluster else NICENESS
        key = result_key(config)
        versions = provenance_of(config)
        with self._reaching() as client:
            future: Future[bytes] = client.submit(
                train_run,
                config_facts(config),
                niceness,
                key,
                versions,
                key=f"run-{key}",
                pure=False,
            )
        return future

    def submit_calls(
        self, work: Callable[[AgentConfig], Result], configs: Iterable[AgentConfig]
    ) -> list[Future[Result]]:
        """Begin to call a function with each of the settings; `on_workers` waits for the results.

        Raises:
            WorkersUnavailable: the workers cannot be reached.
        """
        with self._reaching() as client:
            return [
                client.submit(call, work, config, provenance_of(config), pure=False)
                for config in configs
            ]

    @property
    def threads(self) -> int:
        """The number of runs that the workers train at once; 0 while no worker is connected.

        Raises:
            WorkersUnavailable: the workers cannot be reached.
        """
        with self._reaching() as client:
            threads: dict[str, int] = client.nthreads()
        return sum(threads.values())

    def close(self) -> None:
        """Disconnect from the workers; workers on this machine stop. The next run reconnects."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            _closed(client)

    def missing(self) -> WorkersUnavailable:
        """Disconnect from a scheduler without workers; return an error that says what to do."""
        self.close()
        if not self._is_cluster:
            return WorkersUnavailable(_("The worker processes have ended. Press Go on."))
        return WorkersUnavailable(
            _(
                "The Dask scheduler at “{address}” has no workers. Start a worker: "
                "dask worker {address}"
            ).format(address=self.choice)
        )

    @property
    def _is_cluster(self) -> bool:
        return self.choice not in (None, PROCESSES)

    @contextmanager
    def _reaching(self) -> Iterator[Any]:
        try:
            yield self._connected()
        except LOST as error:
            raise self._unreachable() from error

    def _connected(self) -> Any:
        with self._lock:
            if self._client is not None and self._client.status != "running":
                lost, self._client = self._client, None
                _closed(lost)
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Any:
        new_client: Any = Client
        try:
            return new_client(self._place(), timeout=PATIENCE, set_as_default=False)
        except (ValueError, ImportError, *LOST) as error:
            raise self._unreachable() from error

    def _place(self) -> Any:
        if self.choice == PROCESSES:
            return cluster_of_processes(thread_count())
        return self.choice or cluster_of_threads(thread_count())

    def _unreachable(self) -> WorkersUnavailable:
        return WorkersUnavailable(
            _(
                "The Dask workers at “{address}” cannot be reached. Start the scheduler, or "
                "correct the environment variable {variable}."
            ).format(address=self.choice, variable=VARIABLE)
        )


class Attendance:
    """Checks, while a caller waits for results, whether at least one worker is connected."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._alone_since: float | None = None  # when the last worker was lost

    def threads(self) -> int:
        """The number of runs that the workers train at once; 0 while no worker is connected.

        Raises:
            WorkersUnavailable: the workers cannot be reached, or no worker has been connected for
                `ALONE` seconds.
        """
        threads, now = self._workers.threads, time.monotonic()
        if threads:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        elif now - self._alone_since > ALONE:
            raise self._workers.missing()
        return threads


def _closed(client: Any) -> None:
    """Close a client, and its cluster if this process has started the cluster."""
    client.close()
    if client.cluster is not None:
        client.cluster.close()


@cache
def shared_workers() -> Workers:
    """The workers that all maps of this process share; they stop when the process ends."""
    workers = Workers(os.environ.get(VARIABLE) or None)
    atexit.register(workers.close)
    return workers
