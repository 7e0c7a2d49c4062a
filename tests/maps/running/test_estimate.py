"""The estimate of a map's duration."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ReinforceConfig
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.running import estimate
from pglab.maps.running.estimate import runs_at_once, seconds_of
from pglab.maps.running.workers import PROCESSES, Workers

WIDTHS = Axis("hidden_sizes", tuple((8 * n,) for n in range(1, 8)))


def test_all_runs_are_counted_and_cells_between_are_interpolated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budgets: list[float] = []

    def seconds(config: AgentConfig, budget: float) -> float:
        budgets.append(budget)
        return config.hidden_sizes[0] * (1 + 100 * config.gamma)

    monkeypatch.setattr(estimate, "_seconds_of_run", seconds)
    plan = MapPlan(ReinforceConfig(), (WIDTHS, Axis("gamma", (0.0, 0.5, 0.6, 1.0))), 3, 1_000)
    every = [seconds(plan.config_of(cell), 0) for cell in plan.cells]
    # Between 0.5 and 1, the estimate does not know that the third value is 0.6 and not 0.75.
    linear = sum(every) + sum(15 * 8 * n for n in range(1, 8))
    budgets.clear()
    assert seconds_of(plan, threads=2) == pytest.approx(3 * linear / 2)
    assert sum(budgets) == pytest.approx(estimate.SECONDS)
    assert len(budgets) == 9


def test_a_measured_map_has_a_finite_duration() -> None:
    plan = MapPlan(ReinforceConfig(), (Axis("hidden_sizes", ((), (8,))),), 3, 1_000_000)
    whole = seconds_of(plan, threads=1)
    assert 0 < whole < np.inf
    short = MapPlan(ReinforceConfig(), plan.axes, 3, 1_000)
    assert 0 < seconds_of(short, threads=1) < whole


def test_only_compiled_code_trains_in_several_threads_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Workers, "threads", 4)
    compiled, reference = (
        MapPlan(ReinforceConfig(engine=engine), (WIDTHS,), 3, 1_000)
        for engine in ("fast", "reference")
    )
    assert runs_at_once(compiled, Workers()) == 4
    assert runs_at_once(reference, Workers()) == 1
    assert runs_at_once(reference, Workers(PROCESSES)) == 4
    monkeypatch.setattr(Workers, "threads", 0)  # no worker of a cluster is connected yet
    assert runs_at_once(compiled, Workers("tcp://127.0.0.1:9")) == 1
