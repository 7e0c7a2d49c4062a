"""The summary of a cell: which seeds count, and which interval it has."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pglab.config import ReinforceConfig
from pglab.maps.measures import measures
from pglab.maps.run_result import WINDOWS, RunResult
from pglab.maps.statistics import interquartile_mean, interval_of
from pglab.maps.summary import summarised

MEASURES = measures(ReinforceConfig())


def run_with(late: float | None, *, solved: bool = False, diverged: bool = False) -> RunResult:
    """A run of 1,000 steps with one episode in the last window, or without any episode."""
    return RunResult(
        total_steps=1_000,
        sums=(0.0,) * (WINDOWS - 1) + (late or 0.0,),
        counts=(0,) * (WINDOWS - 1) + (int(late is not None),),
        solved_at=990 if solved else None,
        diverged_at=600 if diverged else None,
    )


def test_seeds_without_a_value_are_told_and_left_out() -> None:
    runs = [run_with(late) for late in (10.0, 20.0, 40.0, 90.0, 100.0)]
    found = summarised([*runs, run_with(None), run_with(7.0, diverged=True)], MEASURES["area"])
    assert (found.seeds, found.diverged, len(found.values)) == (7, 1, 5)
    late = summarised(runs, MEASURES["late_return"])
    values = np.array([10.0, 20.0, 40.0, 90.0, 100.0])
    interval = interval_of(values)
    assert late.estimate == float(interquartile_mean(values)) == 50.0
    assert (late.low, late.high) == (float(interval.low), float(interval.high))
    assert late.interval_name == "approximate interval"


def test_a_share_has_wilsons_interval() -> None:
    runs = [run_with(1.0, solved=n < 3) for n in range(10)]
    share = summarised(runs, MEASURES["solved"])
    p, n, z = 0.3, 10, 1.959964
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert share.estimate == pytest.approx(0.3)
    assert (share.low, share.high) == pytest.approx((middle - half, middle + half), abs=1e-4)


def test_the_worst_seed_has_no_interval() -> None:
    worst = summarised([run_with(late) for late in (30.0, 10.0, 20.0)], MEASURES["worst"])
    assert worst.estimate == 10.0
    assert math.isnan(worst.low)


@pytest.mark.parametrize("name", MEASURES)
def test_a_cell_without_seeds_has_no_number(name: str) -> None:
    empty = summarised([], MEASURES[name])
    assert math.isnan(empty.estimate)
    assert math.isnan(empty.low)
    assert empty.seeds == empty.diverged == 0
