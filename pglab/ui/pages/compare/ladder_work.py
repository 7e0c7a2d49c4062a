"""Trains a visitor's own ladder: first all arms of its plan, then further arms for the path.

An arm is an agent with all its seeds. The path leads from agent A to agent B, one change at a
time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.so_far import LadderSoFar, ladder_so_far
from pglab.maps.run_result import RunResult
from pglab.maps.running.arms import RunList
from pglab.maps.running.estimate import runs_at_once, seconds_of
from pglab.maps.running.map_run import MapRun
from pglab.maps.running.workers import shared_workers
from pglab.ui.controls.map_work import new_map_run

_WORK = "compare.ladder.work"
_SPEEDS = "compare.ladder.speeds"
USUAL_STEPS = 20_000


@dataclass
class LadderWork:
    """One visitor's ladder. The last item of `runs` is the current or the next training."""

    plan: LadderPlan
    runs: list[MapRun]  # of the plan, then of each step of the path that needs further arms
    was_running: bool = False  # when the page was last drawn
    _known: dict[AgentConfig, RunResult] = field(default_factory=dict)
    _found: LadderSoFar | None = None

    @property
    def current(self) -> MapRun:
        """The training that is in progress, or else the training that comes next."""
        return self.runs[-1]

    def findings(self) -> LadderSoFar:
        """Return the findings so far. If the path needs further arms, add their training."""
        while True:
            found = self._findings()
            if not found.missing or not self.current.snapshot().done:
                return found
            self.runs.append(new_map_run(RunList(self.plan.runs_of(found.missing))))
            if self.was_running:
                self.current.start()

    def _findings(self) -> LadderSoFar:
        known = {
            run.plan.config_of(*one): result
            for run in self.runs
            for one, result in run.snapshot().results.items()
        }
        if self._found is None or len(known) != len(self._known):
            self._known, self._found = known, ladder_so_far(self.plan, known)
        return self._found


def ladder_work_of(plan: LadderPlan) -> LadderWork:
    """Return the visitor's ladder with this plan. If another ladder is training, pause it."""
    known: LadderWork | None = st.session_state.get(_WORK)
    if known is not None and known.plan == plan:
        return known
    if known is not None:
        known.current.pause()
    st.session_state[_WORK] = new = LadderWork(plan, [new_map_run(plan)])
    return new


def estimated_seconds(plan: LadderPlan) -> float:
    """Estimate the seconds that a plan's arms take. Each pair's speed is measured only once.

    Raises:
        WorkersUnavailable: the workers cannot be reached.
    """
    steps = plan.seeds * plan.total_steps
    speeds: dict[tuple[AgentConfig, ...], float] = st.session_state.setdefault(_SPEEDS, {})
    # Runs of another length are other arms, but they take the same time for each step.
    pair = tuple(config.changed(total_steps=USUAL_STEPS) for config in (plan.a, plan.b))
    if pair not in speeds:
        threads = runs_at_once(plan, shared_workers())
        speeds[pair] = seconds_of(plan, threads, every_cell=True) / steps
    return speeds[pair] * steps
