"""The results of an arm, as one number for each seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.measures import area_under_curve, late_return
from pglab.maps.run_result import RunResult
from pglab.maps.statistics import interquartile_mean

Numbers = NDArray[np.float64]
ResultsOf = Callable[[Sequence[AgentConfig]], Sequence[RunResult]]


@dataclass(frozen=True)
class ArmValues:
    """The results of an arm: arrays with one entry for each seed, [N].

    `late_return` and `area` are the measures with these names, in units of return. In both arrays,
    a run that diverged has the lowest possible return. If such runs were left out, an agent that
    often diverges would be judged only by its successful seeds. An entry is NaN if no episode ended
    in the measured part of the run.
    """

    late_return: Numbers
    area: Numbers
    diverged: NDArray[np.bool_]

    @property
    def returns(self) -> Numbers:
        """The late returns that are not NaN: [N or fewer]."""
        return self.late_return[~np.isnan(self.late_return)]

    @property
    def middle(self) -> float:
        """The interquartile mean of the late returns; NaN if there are no late returns."""
        return float(interquartile_mean(self.returns)) if len(self.returns) else float("nan")


ValuesOf = Callable[[Sequence[AgentConfig]], Sequence[ArmValues]]


def values_from(plan: LadderPlan, results_of: ResultsOf) -> ValuesOf:
    """Return a function that computes the values of arms.

    `results_of` receives the settings of all runs of these arms, and returns the results of the
    runs in the same order.
    """

    def values_of(arms: Sequence[AgentConfig]) -> list[ArmValues]:
        results = results_of(plan.runs_of(arms))
        starts = range(0, len(results), plan.seeds)
        lowest = plan.return_range[0]
        return [arm_values(results[start : start + plan.seeds], lowest) for start in starts]

    return values_of


def arm_values(results: Sequence[RunResult], lowest: float) -> ArmValues:
    """The values of an arm from the results of its seeds; `lowest` is the least possible return."""
    diverged = np.array([result.diverged for result in results])
    late, area = (
        np.where(diverged, lowest, [measure(result) for result in results])
        for measure in (late_return, area_under_curve)
    )
    return ArmValues(late, area, diverged)
