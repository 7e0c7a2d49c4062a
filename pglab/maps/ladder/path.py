"""The path of a ladder: single changes of agent A, until its result is like that of agent B."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pglab.algorithms.agents import AgentConfig
from pglab.maps.ladder.effects import Effect, effect_between
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.rungs import Rung
from pglab.maps.ladder.values import ArmValues, ValuesOf


@dataclass(frozen=True)
class Step:
    """One step of the path: its rung, the agent after the step, and two effects.

    `effect` is the change of the return from the agent before the step to the agent after the step.
    `to_b` is the change of the return from the agent after the step to B.
    """

    rung: Rung
    config: AgentConfig
    effect: Effect  # from the agent before this step
    to_b: Effect  # from the agent after this step to B


def find_path(
    plan: LadderPlan, values: dict[AgentConfig, ArmValues], values_of: ValuesOf
) -> tuple[Step, ...]:
    """Find a greedy path of single changes from A to B; add all newly trained arms to `values`.

    The path starts at A. At each step, the current agent is trained with each of the remaining
    single changes. The path takes the changed agent whose interquartile mean is nearest to B's.
    This agent may be further away from B than the current agent, because some settings have an
    effect only together. The path ends as soon as the interval of the difference to B contains 0,
    or when it reaches B.

    The arms of the first step belong to the plan. For n rungs, the search trains at most n(n+1)/2
    arms in addition to A. A greedy path may be longer than the shortest path. But a search for the
    shortest path might need 2ⁿ arms.
    """
    target = values[plan.b].middle
    current, remaining = plan.a, list(plan.rungs)
    steps: list[Step] = []
    while effect_between(plan, values[current], values[plan.b]).excludes_zero:
        possible = [(rung, plan.after(current, rung)) for rung in remaining]
        candidates = [(rung, arm) for rung, arm in possible if arm is not None]
        if current == plan.b or not candidates:
            break
        _train(values, [arm for _rung, arm in candidates], values_of)
        distances = [abs(values[arm].middle - target) for _rung, arm in candidates]
        rung, arm = candidates[int(np.argmin(np.nan_to_num(distances, nan=np.inf)))]
        steps.append(
            Step(
                rung,
                arm,
                effect=effect_between(plan, values[current], values[arm]),
                to_b=effect_between(plan, values[arm], values[plan.b]),
            )
        )
        current = arm
        remaining.remove(rung)
    return tuple(steps)


def _train(
    values: dict[AgentConfig, ArmValues], arms: Sequence[AgentConfig], values_of: ValuesOf
) -> None:
    missing = [arm for arm in arms if arm not in values]
    if missing:
        values |= zip(missing, values_of(missing), strict=True)
