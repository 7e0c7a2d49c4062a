"""Summarises the results of a cell's seeds as one number with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from pglab.maps.measures import Measure
from pglab.maps.plan import Cell, MapPlan
from pglab.maps.run_result import RunResult
from pglab.maps.statistics import LEVEL, Interval, interquartile_mean, interval_of

_UNKNOWN = float("nan")
_NO_INTERVAL = Interval(np.array(_UNKNOWN), np.array(_UNKNOWN), LEVEL)


@dataclass(frozen=True)
class CellSummary:
    """The summary of a cell for a map. Seeds without a value, such as diverged seeds, are left out.

    `values` holds the measure of each seed that has a value: [N]. `estimate` is NaN if no seed has
    a value; `low` and `high` are NaN if there is no interval.
    """

    values: NDArray[np.float64]
    estimate: float
    low: float
    high: float
    interval_name: str  # such as "95 % interval"
    seeds: int  # trained so far, including the ones without a value
    diverged: int


def by_cell(
    plan: MapPlan, results: Mapping[tuple[Cell, int], RunResult]
) -> dict[Cell, list[RunResult]]:
    """The results of each cell of a map, in the order of the seeds."""
    of_cells: dict[Cell, list[RunResult]] = {cell: [] for cell in plan.cells}
    for (cell, _seed), result in sorted(results.items()):
        of_cells[cell].append(result)
    return of_cells


def summarised(results: Sequence[RunResult], measure: Measure) -> CellSummary:
    """Summarise the results of a cell with the method `measure.summary`."""
    found = np.array([measure.of(result) for result in results], dtype=float)
    values = found[~np.isnan(found)]
    estimate, interval = _estimated(values, measure)
    return CellSummary(
        values=values,
        estimate=estimate,
        low=float(interval.low),
        high=float(interval.high),
        interval_name=interval.name,
        seeds=len(results),
        diverged=sum(result.diverged for result in results),
    )


def _estimated(values: NDArray[np.float64], measure: Measure) -> tuple[float, Interval]:
    if not len(values):
        return _UNKNOWN, _NO_INTERVAL
    if measure.summary == "worst":
        return float(values.min()), _NO_INTERVAL
    if measure.summary == "share":
        ones = int(values.sum())
        bounds = binomtest(ones, len(values)).proportion_ci(LEVEL, method="wilson")
        return ones / len(values), Interval(np.array(bounds.low), np.array(bounds.high), LEVEL)
    return float(interquartile_mean(values)), interval_of(values)
