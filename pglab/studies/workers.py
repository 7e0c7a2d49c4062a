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
    """The workers that `PGLAB_DASK` chooses; the command lets go of them at the end.

    If they cannot train, the program ends with a sentence that says what to change.
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
    """Workers for PyTorch's code: processes of their own, unless `PGLAB_DASK` chooses others."""
    workers = Workers(os.environ.get(VARIABLE) or PROCESSES)
    try:
        yield workers
    finally:
        workers.close()
