"""The workers of the commands in this folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pglab.maps.running.map_run import RunFailed
from pglab.maps.running.workers import (
    PROCESSES,
    VARIABLE,
    Workers,
    WorkersUnavailable,
    shared_workers,
)


@contextmanager
def workers_of_command() -> Iterator[Workers]:
    """Yield the workers that `PGLAB_DASK` chooses, and close them at the end of the `with` block.

    If the workers cannot train, the program ends with a message that says what to change.
    """
    workers = shared_workers()
    try:
        yield workers
    except (RunFailed, WorkersUnavailable) as error:
        sys.exit(str(error))
    finally:
        workers.close()


@contextmanager
def processes() -> Iterator[Workers]:
    """Yield workers for PyTorch code, and close them at the end of the `with` block.

    `PGLAB_DASK` chooses these workers. By default, they are separate processes.
    """
    workers = Workers(os.environ.get(VARIABLE) or PROCESSES)
    try:
        yield workers
    finally:
        workers.close()
