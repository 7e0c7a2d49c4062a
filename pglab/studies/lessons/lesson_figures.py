"""Reads numbers from the stored results, and formats them as in the lessons."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pglab.experiments.catalogue import EXPERIMENTS
from pglab.experiments.evidence import COLLAPSED
from pglab.experiments.experiment import Experiment
from pglab.experiments.results import Arm, arms_of, held
from pglab.maps.measures import measures
from pglab.maps.ready import shipped
from pglab.maps.summary import CellSummary, by_cell, summarised


def below(returns: Sequence[float]) -> int:
    """The number of runs in which the policy repeats one action."""
    return sum(of < COLLAPSED for of in returns)


def extent(values: Sequence[float] | NDArray[np.float64]) -> str:
    """The least and the greatest value, such as "36 and 500"."""
    return f"{np.min(values):.0f} and {np.max(values):.0f}"


def interval(of_cell: CellSummary) -> str:
    """The confidence interval of a map's cell, such as "195–321"."""
    return f"{of_cell.low:.0f}–{of_cell.high:.0f}"


def spread(arm: Arm, statistic: str = "late_return", digits: int = 0) -> str:
    """The median, lowest and highest value over the seeds, such as "14 (10 to 24)"."""
    of = arm.spread(statistic)
    return f"{of.median:.{digits}f} ({of.low:.{digits}f} to {of.high:.{digits}f})"


def arms(page: str, key: str) -> tuple[Arm, Arm]:
    """The stored runs with an experiment's settings, and the runs with the usual settings."""
    return arms_of(_experiment(page, key))


def right_on(page: str, key: str) -> int:
    """The number of seeds for which the right answer of an experiment is true."""
    return held(_experiment(page, key).right_claim, *arms(page, key))


@cache
def cell(name: str, **settings: float) -> CellSummary:
    """The returns in one cell of a map that comes with the app."""
    plan, results = shipped.load(name)
    measure = measures(plan.config)["late_return"]
    (found,) = (
        of
        for place, of in by_cell(plan, results).items()
        if settings.items() <= plan.settings_of_cell(place).items()
    )
    return summarised(found, measure)


def _experiment(page: str, key: str) -> Experiment:
    (found,) = (e for e in EXPERIMENTS if (e.page, e.key) == (page, key))
    return found
