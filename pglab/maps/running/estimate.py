"""Estimates the training time of a map before its runs begin."""

from __future__ import annotations

import math
import time
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.language import _
from pglab.maps.plan import Plan
from pglab.maps.running.workers import Workers
from pglab.session.trainer import is_compiled
from pglab.session.training_session import TrainingSession

SECONDS = 0.9  # of all measurements together
LONGEST = 2 * 3_600.0  # seconds of a map that trains without being asked twice


def seconds_of(plan: Plan, threads: int, *, every_cell: bool = False) -> float:
    """Estimate the wall-clock seconds of all runs of a plan; `threads` is how many train at once.

    The function trains the beginning of one run in some cells: at the ends and in the middle of
    each axis. The times of the other cells are interpolated. If `every_cell` is true, the function
    measures every cell; this is for plans whose neighbouring cells are not similar. All
    measurements together take about a second on this machine, or longer if the compiled code is not
    loaded yet.

    Raises:
        ConfigError: the environment cannot be used.
    """
    places = [
        list(range(length)) if every_cell else sorted({0, (length - 1) // 2, length - 1})
        for length in plan.shape
    ]
    cells = list(product(*places))
    weights = [_weights(length, known) for length, known in zip(plan.shape, places, strict=True)]
    weight_of = [float(np.prod(weight)) for weight in product(*weights)]
    TrainingSession(plan.config_of(cells[0]), can_rewind=False).advance()  # loads the code
    seconds = [_seconds_of_run(plan.config_of(cell), SECONDS / len(cells)) for cell in cells]
    runs = len(plan.cells) * plan.seeds
    return runs * float(np.dot(weight_of, seconds)) / threads


def runs_at_once(plan: Plan, workers: Workers) -> int:
    """The number of runs of this plan that the workers train at once; at least 1.

    The result is 1 while no worker is connected, because the map waits for the first worker. If
    threads of this process train with PyTorch, the result is also 1, because threads run only
    compiled code in parallel.

    Raises:
        WorkersUnavailable: the workers cannot be reached.
    """
    threads = max(1, workers.threads)
    return (
        threads if workers.choice is not None or is_compiled(plan.config_of(plan.cells[0])) else 1
    )


def duration_text(seconds: float) -> str:
    """An estimated duration as text, rounded up: "20 s", "5 min", "3 h"."""
    if seconds <= 90:
        return _("{n} s").format(n=math.ceil(seconds))
    if seconds <= 90 * 60:
        return _("{n} min").format(n=math.ceil(seconds / 60))
    return _("{n:,} h").format(n=math.ceil(seconds / 3_600))


def _weights(length: int, known: list[int]) -> NDArray[np.float64]:
    """The weight of each known place in the mean over all places.

    The values at the other places are interpolated linearly between the known places.
    """
    every = np.arange(length)
    return np.array([np.interp(every, known, one).mean() for one in np.eye(len(known))])


def _seconds_of_run(config: AgentConfig, budget: float) -> float:
    """Estimate the seconds of one run by training its beginning for about `budget` seconds."""
    begun = time.perf_counter()
    session = TrainingSession(config, can_rewind=False)
    made = time.perf_counter()
    session.advance("step", seconds=budget)
    trained = time.perf_counter() - made
    if session.finished:  # also if it diverged: the rest of the run takes no time
        return made - begun + trained
    return made - begun + trained / session.global_step * config.total_steps
