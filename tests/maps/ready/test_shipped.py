"""The maps that come with the repository: their plans, and how they are loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from pglab.config import settings_of
from pglab.maps.plan import MapPlan
from pglab.maps.ready import shipped
from pglab.maps.ready.table import MapFileError, write_map
from pglab.maps.run_result import WINDOWS, RunResult, run_of_map
from pglab.maps.running.estimate import duration_text
from pglab.maps.usual_values import usual_values
from pglab.session.stored.usual_curves import AGENTS

PLANS = pytest.mark.parametrize("name", shipped.PLANS)


@PLANS
def test_each_map_contains_the_usual_settings_of_its_agent(name: str) -> None:
    plan = shipped.PLANS[name]
    preset = AGENTS[name.rpartition("_")[0]]
    cell = plan.cell_of(preset)
    assert cell is not None
    assert plan.config_of(cell) == run_of_map(preset, 0, shipped.STEPS)
    assert plan.seeds >= 10


@PLANS
def test_the_sliders_reach_each_cell(name: str) -> None:
    plan = shipped.PLANS[name]
    for axis in plan.axes:
        assert set(axis.values) <= set(usual_values(plan.config, axis.setting))


def test_a_stored_map_is_loaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    shipped.load.cache_clear()
    whole = shipped.PLANS["reinforce_gamma"]
    plan = MapPlan(whole.config, whole.axes, seeds=3, total_steps=1_000)
    result = RunResult(1_000, (9.5,) * WINDOWS, (1,) * WINDOWS, solved_at=None, diverged_at=10)
    results = dict.fromkeys(list(plan.runs())[:2], result)
    write_map(tmp_path / "small.parquet", plan, results)
    try:
        assert shipped.load("small") == (plan, results)
        (tmp_path / "small.parquet").unlink()
        assert shipped.load("small") == (plan, results)
        with pytest.raises(MapFileError, match="cannot be read"):
            shipped.load("reinforce_gamma")
    finally:
        shipped.load.cache_clear()


def test_the_values_of_a_control() -> None:
    config = AGENTS["split_replay"].changed(hidden_sizes=(64, 32), gamma=0.97)
    assert usual_values(config, "activation") == ("relu", "tanh")
    assert usual_values(config, "symexp_heads") == (False, True)
    assert usual_values(config, "critic_updates") == ()
    assert usual_values(config, "gamma")[4:7] == (0.95, 0.97, 0.98)
    assert usual_values(config, "hidden_sizes")[:5] == (
        (8, 8),
        (16, 16),
        (32, 32),
        (64, 32),
        (64, 64),
    )
    assert usual_values(config.changed(hidden_sizes=()), "hidden_sizes")[:3] == ((), (8,), (16,))
    for name in settings_of(config):
        assert len(usual_values(config, name)) <= 25


def test_durations_in_words() -> None:
    durations = {0.1: "1 s", 90: "90 s", 91: "2 min", 5_400: "90 min", 5_401: "2 h", 9e6: "2,500 h"}
    assert {seconds: duration_text(seconds) for seconds in durations} == durations
