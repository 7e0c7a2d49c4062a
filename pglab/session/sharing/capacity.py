"""Limits how many visitors may train at once. Later visitors wait until the server has room."""

from __future__ import annotations

import psutil

from pglab.session.sharing.threads import usable_cores
from pglab.session.sharing.variables import whole_number

VARIABLE = "PGLAB_CAPACITY"  # the environment variable that sets the number of visitors
MOST_VISITORS = 100_000
FOR_EACH_CORE = 60  # with 60 visitors per core, pages are slow but usable (see `tests/load`)
LEAST_FREE = 0.08  # share of the machine's memory that must be free


def capacity() -> int:
    """The maximum number of visitors who may train at once.

    The environment variable `PGLAB_CAPACITY` sets this number. The default is 60 visitors for each
    usable core.
    """
    return whole_number(VARIABLE, MOST_VISITORS) or FOR_EACH_CORE * usable_cores()


def has_room(training: int) -> bool:
    """True if one more visitor may train; `training` is the number of visitors who train now."""
    if not training:
        return True
    memory = psutil.virtual_memory()
    return training < capacity() and memory.available >= LEAST_FREE * memory.total
