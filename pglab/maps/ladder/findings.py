"""The findings of a ladder: which differences between two agents change the late return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pglab.algorithms.agents import AgentConfig
from pglab.maps.ladder.effects import Effect, RungEffects, effect_between, effects_of
from pglab.maps.ladder.path import Step, find_path
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.values import ArmValues, ResultsOf, ValuesOf, values_from


@dataclass(frozen=True)
class Ladder:
    """The findings of a ladder.

    `values` contains the values of all trained arms, including the arms of the path. `whole` is the
    effect of the change from A to B. `effects` starts with the rung that has the largest effect.
    `path` is None if no path was searched.
    """

    plan: LadderPlan
    values: Mapping[AgentConfig, ArmValues]
    whole: Effect
    effects: tuple[RungEffects, ...]
    path: tuple[Step, ...] | None


def find_ladder(plan: LadderPlan, results_of: ResultsOf) -> Ladder:
    """Find the effects of all rungs, and the path from A to B.

    `results_of` receives the settings of runs, including the seeds, and returns the results of
    these runs in the same order. `results_of` is called once for all arms of the plan, and then
    once for each step of the path that needs new arms.
    """
    return ladder_of(plan, values_from(plan, results_of))


def ladder_of(plan: LadderPlan, values_of: ValuesOf) -> Ladder:
    """Do the same as `find_ladder`, but get the values of arms from the function `values_of`."""
    values = dict(zip(plan.arms, values_of(plan.arms), strict=True))
    path = find_path(plan, values, values_of)
    return replace(effects_alone(plan, values), values=values, path=path)


def effects_alone(plan: LadderPlan, values: Mapping[AgentConfig, ArmValues]) -> Ladder:
    """Compute the effects of all rungs from the values of the plan's arms, but search no path."""
    whole = effect_between(plan, values[plan.a], values[plan.b])
    return Ladder(plan, values, whole, effects_of(plan, values), path=None)
