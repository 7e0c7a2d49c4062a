"""Compares two agents by the late returns of their seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pglab.environments import ENVIRONMENTS
from pglab.maps.ladder.values import ArmValues, arm_values
from pglab.maps.run_result import result_so_far
from pglab.maps.statistics import (
    Estimate,
    interquartile_mean,
    interval_of,
    performance_profile,
    probability_of_improvement,
    seeds_needed,
)
from pglab.session.training_session import TrainingSession


@dataclass(frozen=True)
class TwoAgents:
    """A comparison of agents A and B over their seeds, after `steps` environment steps.

    The compared values are the returns of the last tenth of these steps. `middles` are the
    interquartile means of A and B. `improvement` is the probability that a run of B is better than
    a run of A. `needed` is the number of seeds with which a test would probably find the
    difference; None if this number is unknown or above 1,000.
    """

    steps: int
    values: tuple[ArmValues, ArmValues]
    middles: tuple[Estimate, Estimate]
    improvement: Estimate
    needed: int | None
    return_range: tuple[float, float]

    @property
    def seeds(self) -> int:
        """The number of seeds with a late return, for the agent that has fewer such seeds."""
        return min(len(values.returns) for values in self.values)

    @property
    def diverged(self) -> int:
        """The number of diverged runs of both agents; such a run counts as the lowest return."""
        return sum(int(values.diverged.sum()) for values in self.values)

    def profiles(self, points: int) -> tuple[np.ndarray, tuple[Estimate, Estimate]]:
        """Thresholds over the range of returns, [T], and the performance profiles of A and B."""
        thresholds = np.linspace(*self.return_range, points)
        first, second = (performance_profile(v.returns, thresholds) for v in self.values)
        return thresholds, (first, second)


def compared(sides: Sequence[Sequence[TrainingSession]], steps: int) -> TwoAgents | None:
    """Compare two agents after `steps` steps; each item of `sides` holds the runs of one agent.

    All runs must have taken `steps` steps, unless they diverged. The result is None if an agent has
    fewer than two late returns.
    """
    env_id = sides[0][0].config.env_id
    lowest = ENVIRONMENTS[env_id].return_range[0]
    a, b = (arm_values([result_so_far(run, steps) for run in runs], lowest) for runs in sides)
    if min(len(a.returns), len(b.returns)) < 2:
        return None
    first, second = (
        Estimate(interquartile_mean(values.returns), interval_of(values.returns))
        for values in (a, b)
    )
    return TwoAgents(
        steps,
        (a, b),
        (first, second),
        probability_of_improvement(a.returns, b.returns),
        seeds_needed(a.returns, b.returns),
        ENVIRONMENTS[env_id].return_range,
    )
