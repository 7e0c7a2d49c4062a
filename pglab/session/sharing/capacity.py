"""How many visitors may train at once; whoever comes later has to wait until there is room."""

from __future__ import annotations

import psutil

from pglab.session.sharing.threads import usable_cores
from pglab.session.sharing.variables import whole_number

VARIABLE = "PGLAB_CAPACITY"  # the environment variable that sets the number of visitors
MOST_VISITORS = 100_000
FOR_EACH_CORE = 60  # then pictures and clicks are slow, but bearable: `python -m tests.load 100`
LEAST_FREE = 0.08  # share of the machine's memory


def capacity() -> int:
    """The most visitors who train at once: `PGLAB_CAPACITY`, or else 60 for each usable core."""
    return whole_number(VARIABLE, MOST_VISITORS) or FOR_EACH_CORE * usable_cores()


def has_room(training: int) -> bool:
    """Whether one more visitor may train beside those who train already."""
    if not training:
        return True
    memory = psutil.virtual_memory()
    return training < capacity() and memory.available >= LEAST_FREE * memory.total
