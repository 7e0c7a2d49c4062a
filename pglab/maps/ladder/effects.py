"""Measures how each difference between two agents changes the return in a run's last tenth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.rungs import Rung
from pglab.maps.ladder.values import ArmValues
from pglab.maps.statistics import Estimate, difference_of, seeds_needed
from pglab.session.side_by_side.comparison import EQUAL

Verdict = Literal["matters", "does not matter", "cannot be told"]


@dataclass(frozen=True)
class Effect:
    """The change of the late return from one arm to another; an arm is the runs of one agent.

    `difference` is the difference of the interquartile means over the seeds; it is None if an arm
    has fewer than two late returns. `seeds` is the number of late returns in the arm with fewer
    late returns. `diverged` is the number of diverged runs in each of the two arms. `needed` is the
    number of seeds with which a test would probably find the difference; None if this number is
    unknown or above 1,000.
    """

    difference: Estimate | None
    margin: float
    seeds: int
    diverged: tuple[int, int]
    needed: int | None

    @property
    def size(self) -> float:
        """The absolute change of the return; an unknown change is −1, so that it is sorted last."""
        return abs(float(self.difference.estimate)) if self.difference else -1.0

    @property
    def excludes_zero(self) -> bool:
        """True if the interval of the difference does not contain 0."""
        low, high = self._bounds()
        return low > 0 or high < 0

    @property
    def verdict(self) -> Verdict:
        """Says whether the change of the return matters.

        The change does not matter if the whole interval lies within ± `margin`. Such an interval
        may exclude 0; then the change is real, but too small to be important. The change matters if
        the interval goes beyond ± `margin` and does not contain 0. In all other cases, these seeds
        cannot decide whether the change matters.
        """
        low, high = self._bounds()
        if -self.margin <= low and high <= self.margin:
            return "does not matter"
        return "matters" if self.excludes_zero else "cannot be told"

    def _bounds(self) -> tuple[float, float]:
        if self.difference is None:
            return math.nan, math.nan
        return float(self.difference.interval.low), float(self.difference.interval.high)


@dataclass(frozen=True)
class RungEffects:
    """The effects of one rung: the change from A's value to B's value, tried in A and in B.

    If A cannot have B's value, `in_a` is the error that says why. If B cannot have A's value,
    `in_b` is the error that says why.
    """

    rung: Rung
    in_a: Effect | ConfigError
    in_b: Effect | ConfigError

    @property
    def size(self) -> float:
        """The larger of the two absolute changes of the return; −1 if both are unknown."""
        effects = (self.in_a, self.in_b)
        return max((e.size for e in effects if isinstance(e, Effect)), default=-1.0)


def margin_of(plan: LadderPlan) -> float:
    """The largest change of the return that is too small to matter.

    This margin is 5 % of the range of returns. On the page *Compare*, two agents tie if
    they differ by less than the same share. For CartPole, the margin is 25, which is also 5 % of
    the return of a solved task. In the other environments, a solved task has a negative return, so
    a share of this return would have no meaning.
    """
    low, high = plan.return_range
    return EQUAL * (high - low)


def effects_of(
    plan: LadderPlan, values: Mapping[AgentConfig, ArmValues]
) -> tuple[RungEffects, ...]:
    """The effects of all rungs; the rung with the largest effect comes first."""
    effects = [
        RungEffects(
            rung,
            _between(plan, values, plan.a, rung.a_with),
            _between(plan, values, rung.b_with, plan.b),
        )
        for rung in plan.rungs
    ]
    return tuple(sorted(effects, key=lambda one: one.size, reverse=True))


def effect_between(plan: LadderPlan, before: ArmValues, after: ArmValues) -> Effect:
    """The effect of the change from the arm `before` to the arm `after`."""
    old, new = before.returns, after.returns
    seeds = min(len(old), len(new))
    known = seeds > 1
    return Effect(
        difference=difference_of(old, new) if known else None,
        margin=margin_of(plan),
        seeds=seeds,
        diverged=(int(before.diverged.sum()), int(after.diverged.sum())),
        needed=seeds_needed(old, new) if known else None,
    )


def _between(
    plan: LadderPlan,
    values: Mapping[AgentConfig, ArmValues],
    before: AgentConfig | ConfigError,
    after: AgentConfig | ConfigError,
) -> Effect | ConfigError:
    if isinstance(before, ConfigError):
        return before
    if isinstance(after, ConfigError):
        return after
    return effect_between(plan, values[before], values[after])
