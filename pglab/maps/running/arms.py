"""Trains a list of runs with the workers of the maps; runs with stored results are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pglab.algorithms.agents import AgentConfig
from pglab.maps.plan import Cell
from pglab.maps.run_result import RunResult
from pglab.maps.running.map_run import MapRun, RunFailed, Snapshot
from pglab.maps.running.results import Results
from pglab.maps.running.workers import Workers

ROUND = 30.0  # seconds between two reports


@dataclass(frozen=True)
class RunList:
    """A plan for a list of different runs; each run has a cell of its own."""

    configs: Sequence[AgentConfig]
    seeds: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of runs."""
        return (len(self.configs),)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The index of each run, in the form of a cell."""
        return tuple((place,) for place in range(len(self.configs)))

    def config_of(self, cell: Cell, seed: int = 0) -> AgentConfig:
        """The settings of a cell's run; `seed` is ignored, because the settings contain a seed."""
        return self.configs[cell[0]]

    def runs(self) -> Iterator[tuple[Cell, int]]:
        """Each run once."""
        return ((cell, 0) for cell in self.cells)


def results_of_runs(
    configs: Sequence[AgentConfig],
    workers: Workers,
    results: Results,
    report: Callable[[Snapshot], None] = lambda _snapshot: None,
) -> list[RunResult]:
    """Train runs, wait for all results, and return the results in the order of `configs`.

    Each result is stored at once. So after an interruption, a second call trains only the missing
    runs. `report` is called every `ROUND` seconds, and at the end.

    Raises:
        RunFailed: a run could not be trained, or no worker can be reached; the message says why.
    """
    different = list(dict.fromkeys(configs))
    training = MapRun(RunList(different), workers, results)
    training.start()
    while True:
        training.wait(ROUND)
        now = training.snapshot()
        report(now)
        if now.problem is not None:
            raise RunFailed(now.problem)
        if now.done:
            found = {different[place]: result for ((place,), _seed), result in now.results.items()}
            return [found[config] for config in configs]
