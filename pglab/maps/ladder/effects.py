"""The effects of the rungs: by how much each difference changes the late return of each agent."""

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
    """By how much the late return changes from one arm to another one.

    `difference` is the difference of the interquartile means over the seeds; it is None if an arm
    has fewer than two late returns. `seeds` is the number of late returns in the smaller arm.
    `diverged` is the number of diverged runs in each of the two arms. `needed` is the number of
    seeds with which a test would probably tell the arms apart; None if it is unknown or above
    1,000.
    """

    difference: Estimate | None
    margin: float
    seeds: int
    diverged: tuple[int, int]
    needed: int | None

    @property
    def size(self) -> float:
        """The amount of the change, in units of return; −1 if it is unknown, so that it is last."""
        return abs(float(self.difference.estimate)) if self.difference else -1.0

    @property
    def excludes_zero(self) -> bool:
        """True if the interval of the difference does not contain 0."""
        low, high = self._bounds()
        return low > 0 or high < 0

    @property
    def verdict(self) -> Verdict:
        """Whether the change matters.

        It does not matter if the whole interval lies within ± `margin`, even if the interval does
        not contain 0: the change is then real, but too small to care about. Otherwise it matters if
        the interval does not contain 0. In all other cases, these seeds cannot tell.
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
    """The effects of one rung: what the value of B changes in A, and what it changes in B.

    An effect is an error if the agent that is needed for it is impossible.
    """

    rung: Rung
    in_a: Effect | ConfigError
    in_b: Effect | ConfigError

    @property
    def size(self) -> float:
        """The larger one of the two effects, in units of return; −1 if none is known."""
        effects = (self.in_a, self.in_b)
        return max((e.size for e in effects if isinstance(e, Effect)), default=-1.0)


def margin_of(plan: LadderPlan) -> float:
    """The change of the return that is too small to care about.

    It is 5 % of the range of returns, the share below which Compare calls a difference a tie. For
    CartPole it is 25, which is also 5 % of the return of the solved task. Other environments are
    solved at negative returns, so a share of that return would mean nothing.
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
    """The effect between two arms of a ladder."""
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
