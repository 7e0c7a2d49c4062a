"""The findings of a ladder whose runs are still being trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pglab.algorithms.agents import AgentConfig
from pglab.maps.ladder.findings import Ladder, effects_alone, ladder_of
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.values import ArmValues, arm_values
from pglab.maps.run_result import RunResult


@dataclass(frozen=True)
class LadderSoFar:
    """The findings of a ladder at one moment. The path is None while `done` is False.

    `missing` are the arms that the path needs next. `missing` is empty while the plan's own arms
    still have untrained runs.
    """

    ladder: Ladder
    missing: tuple[AgentConfig, ...]
    done: bool


class _NotTrained(Exception):
    """Raised if the path needs arms that have not been trained."""

    def __init__(self, arms: Sequence[AgentConfig]) -> None:
        super().__init__()
        self.arms = tuple(arms)


def ladder_so_far(plan: LadderPlan, results: Mapping[AgentConfig, RunResult]) -> LadderSoFar:
    """Compute a ladder from the results so far; the keys of `results` are the runs' settings."""

    def whole(arm: AgentConfig) -> bool:
        return all(run in results for run in plan.runs_of([arm]))

    def values_of(arms: Sequence[AgentConfig]) -> list[ArmValues]:
        untrained = [arm for arm in arms if not whole(arm)]
        if untrained:
            raise _NotTrained(untrained)
        return [_values(plan, arm, results) for arm in arms]

    missing: tuple[AgentConfig, ...] = ()
    if all(map(whole, plan.arms)):
        try:
            return LadderSoFar(ladder_of(plan, values_of), (), done=True)
        except _NotTrained as error:
            missing = error.arms
    values = {arm: _values(plan, arm, results) for arm in plan.arms}
    return LadderSoFar(effects_alone(plan, values), missing, done=False)


def _values(
    plan: LadderPlan, arm: AgentConfig, results: Mapping[AgentConfig, RunResult]
) -> ArmValues:
    trained = [results[run] for run in plan.runs_of([arm]) if run in results]
    return arm_values(trained, plan.return_range[0])
