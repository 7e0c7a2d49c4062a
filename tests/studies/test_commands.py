"""The commands check their arguments before training, and write files only with `--write`."""

from __future__ import annotations

import importlib
import math
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pglab.config import ReinforceConfig
from pglab.experiments.results import load
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.ready import shipped
from pglab.maps.ready.table import read_map, write_map
from pglab.maps.run_result import measured
from pglab.session.stored.usual_curves import AGENTS, LearningCurves
from pglab.studies import (
    check_experiments,
    check_sharing,
    engine_curves,
    example_policies,
    gradient_variance,
    learning_curves,
    opening_clips,
)
from pglab.studies.lessons import lesson_runs
from pglab.studies.maps import make_maps
from pglab.studies.maps.make_maps import differences
from pglab.studies.speed import benchmark

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"`python -m (pglab\.studies(?:\.\w+)+)([^`]*)`")


@pytest.mark.parametrize(
    ("study", "arguments", "problem"),
    [
        (learning_curves, "reinforce --seeds 1 --steps 3000", "3000” is not a multiple of 10,000"),
        (learning_curves, "reinforce --steps 4000", "from 10,000 to 1,000,000"),
        (learning_curves, "reinforce --steps 2000000", "from 10,000 to 1,000,000"),
        (learning_curves, "reinforce --seeds 0", "“0” is not a whole number from 1"),
        (learning_curves, "reinforce --seeds two", "“two” is not a whole number"),
        (learning_curves, "nobody", "invalid choice"),
        (engine_curves, "split_replay --steps 4000", "a multiple of 10,000"),
        (engine_curves, "split_replay --seeds 0", "a whole number from 1"),
        (gradient_variance, "--steps 0 -5", "“-5” is not a whole number from 0"),
        (gradient_variance, "--steps 2000000", "from 0 to 1,000,000"),
        (gradient_variance, "--seeds 0", "a whole number from 1"),
        (gradient_variance, "--check-intervals 0", "a whole number from 1"),
        (check_experiments, "reinforce/nothing", "“reinforce/nothing” is not one of"),
        (make_maps, "reinforce_gamma none", "“none” is not one of reinforce_gamma, "),
        (check_sharing, "reinforce", "unrecognized arguments"),
        (example_policies, "reinforce", "unrecognized arguments"),
        (opening_clips, "--check", "unrecognized arguments"),
        (lesson_runs, "first_update", "unrecognized arguments"),
        (benchmark, "--rounds 0", "a whole number from 1"),
        (benchmark, "--seconds 0", "above 0"),
        (benchmark, "--seconds nan", "above 0"),
        (benchmark, "--json no/such/folder/figures.json", "cannot be written"),
    ],
)
def test_arguments_are_checked_before_anything_runs(
    study: Any, arguments: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        study.main(arguments.split())
    printed = capsys.readouterr()
    assert stopped.value.code == 2
    assert problem in printed.err
    assert printed.out == ""


def test_the_benchmark_begins_another_run_where_one_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    config = ReinforceConfig(hidden_sizes=(8,), total_steps=1_000)
    for way in (benchmark.RECORDS, benchmark.PAGES):
        training = benchmark.Way(config, way)
        taken = 0
        while taken <= 2_000:
            more, outside = training.train(0.01)
            taken += more
        assert more > 0
        assert math.isnan(outside) == (way == benchmark.RECORDS)


def test_learning_curves_are_written_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ones = np.ones((1, 5))
    monkeypatch.setattr(learning_curves, "FOLDER", tmp_path)
    monkeypatch.setattr(learning_curves, "make", lambda *_arguments: LearningCurves(ones, ones))
    arguments = ["reinforce", "--seeds", "1", "--steps", "10000"]
    learning_curves.main(arguments)
    assert list(tmp_path.iterdir()) == []
    learning_curves.main([*arguments, "--write"])
    assert [path.name for path in tmp_path.iterdir()] == ["reinforce.json"]


def test_experiments_are_written_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = load("reinforce")
    monkeypatch.setattr(check_experiments, "make_arm", lambda *_arguments: stored["rare_updates"])
    monkeypatch.setattr(check_experiments, "load", lambda _page: stored)
    monkeypatch.setattr(check_experiments, "FOLDER", tmp_path)
    check_experiments.main(["reinforce/rare_updates"])
    assert list(tmp_path.iterdir()) == []
    check_experiments.main(["reinforce/rare_updates", "--write"])
    assert [path.name for path in tmp_path.iterdir()] == ["reinforce.json"]


def test_maps_are_compared_and_written_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    axis = Axis("gamma", (0.9, 0.99))
    plan = MapPlan(ReinforceConfig(hidden_sizes=(8,)), (axis,), seeds=3, total_steps=1_000)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "maps")
    monkeypatch.setattr(shipped, "PLANS", {"small": plan})
    monkeypatch.setattr(make_maps, "seconds_of", lambda *_arguments: 12.0)
    make_maps.main([])
    printed = capsys.readouterr().out.splitlines()
    assert printed == ["small: 6 runs, about 12 s", "small: no map is stored"]
    assert list(tmp_path.iterdir()) == []
    make_maps.main(["small", "--write"])
    file = tmp_path / "maps" / "small.parquet"
    results = {run: measured(plan.config_of(*run)) for run in plan.runs()}
    assert read_map(file) == (plan, results)
    capsys.readouterr()
    first = next(iter(results))
    write_map(file, plan, {**results, first: replace(results[first], solved_at=1)})
    make_maps.main(["small"])
    assert "small: 1 of 6 runs differ from the stored map" in capsys.readouterr().out
    write_map(file, replace(plan, seeds=4), results)
    assert differences(file, plan, results) == ["the stored map has another plan"]


def test_policies_are_compared_and_written_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    untrained = [example_policies.trained(ReinforceConfig(seed=seed), 0) for seed in (0, 1)]
    assert example_policies.same_parameters(untrained[0], untrained[0])
    assert not example_policies.same_parameters(*untrained)
    monkeypatch.setattr(example_policies, "STEPS", (0,))
    monkeypatch.setattr(example_policies, "FILE", tmp_path / "policies.npz")
    example_policies.main([])
    assert capsys.readouterr().out.startswith("after 0 steps: ")
    assert list(tmp_path.iterdir()) == []
    example_policies.main(["--write"])
    assert [path.name for path in tmp_path.iterdir()] == ["policies.npz"]


def test_clips_are_checked_and_written_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(opening_clips, "make", lambda: made.append("clips"))
    monkeypatch.setattr(opening_clips, "run_again", lambda facts: facts["steps"])
    with pytest.raises(SystemExit) as ended:
        opening_clips.main([])
    assert (ended.value.code, made) == (0, [])
    opening_clips.main(["--write"])
    assert made == ["clips"]


PLACEHOLDERS = {
    "{agent}": "split_replay",
    "<agent>": "split_replay",
    "{name}": "reinforce/rare_updates",
    "<page>/<key>": "reinforce/rare_updates",
}


def commands_in(text: str) -> list[tuple[str, list[str]]]:
    """Find all commands in a text. Return modules and arguments, with values for placeholders."""
    for placeholder, example in PLACEHOLDERS.items():
        text = text.replace(placeholder, example)
    return [(module, shlex.split(rest)) for module, rest in COMMAND.findall(text)]


def test_every_command_that_is_named_can_be_given() -> None:
    files = [
        ROOT / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "pglab" / "content").rglob("*.md"),
        ROOT / "pglab" / "ui" / "chapters" / "try_this.py",
    ]
    named = [command for file in files for command in commands_in(file.read_text(encoding="utf-8"))]
    assert {module.rpartition(".")[2] for module, _arguments in named} >= {
        "learning_curves",
        "check_experiments",
        "gradient_variance",
        "opening_clips",
    }
    for module, arguments in named:
        importlib.import_module(module).parser().parse_args(arguments)


@pytest.mark.parametrize("place", ["reinforce.md", "actor_critic_usual.md", "sharing.md"])
def test_what_made_a_table_writes_it(place: str) -> None:
    text = (ROOT / "pglab" / "content" / "en" / place).read_text(encoding="utf-8")
    made = [command for command in commands_in(text) if command[0].endswith("learning_curves")]
    assert made
    for module, arguments in made:
        chosen = importlib.import_module(module).parser().parse_args(arguments)
        assert chosen.write
        assert chosen.agent in AGENTS
