"""`pglab check`: what it makes again, what it says, and its exit codes. All agents are tiny."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pglab.__main__ import main
from pglab.commands import check as command
from pglab.config import ReinforceConfig
from pglab.experiments.experiment import STEPS
from pglab.experiments.results import load
from pglab.language import content
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.ready import shipped
from pglab.maps.ready.table import read_map, write_map
from pglab.maps.run_result import measured
from pglab.maps.running.workers import WorkersUnavailable
from pglab.session.stored import usual_curves
from pglab.session.stored.policies import FILE, stored_provenance
from pglab.session.stored.provenance import KEY, made_by
from pglab.studies import (
    check_experiments,
    check_gradient_lab,
    engine_curves,
    example_policies,
    learning_curves,
)
from pglab.studies.gradient_variance import Row
from pglab.studies.maps import make_ladder, make_maps
from pglab.studies.outcome import Outcome, number_differences
from pglab.studies.register import Check, all_checks

SMALL = ReinforceConfig(hidden_sizes=(8,), min_batch_steps=32)
DIFFERENT = Outcome(["sums: 3 of 40 numbers differ, by up to 2"])


def stand_in(monkeypatch: pytest.MonkeyPatch, **outcomes: Outcome | Exception) -> None:
    """Let the command know only checks with these outcomes; `a_b` stands for the name `a/b`."""

    def again(outcome: Outcome | Exception) -> Outcome:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    checks = {
        name.replace("_", "/"): Check(
            name.replace("_", "/"), f"what {name} is", 90, partial(again, outcome)
        )
        for name, outcome in outcomes.items()
    }
    monkeypatch.setattr(command, "all_checks", lambda: checks)


def test_names_groups_or_everything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, maps_a=Outcome(), maps_b=Outcome(), clips=Outcome())
    for names, made in (
        ([], ["maps/a", "maps/b", "clips"]),
        (["clips", "maps/a", "maps/a"], ["maps/a", "clips"]),
        (["maps"], ["maps/a", "maps/b"]),
    ):
        assert main(["check", *names]) == 0
        printed = capsys.readouterr()
        assert printed.out.splitlines() == [f"{name}: holds (1 s)" for name in made]
        assert f"{len(made)} check" in printed.err
    assert main(["check", "maps", "--list"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split(maxsplit=3) for row in rows] == [
        ["maps/a", "90", "s", "what maps_a is"],
        ["maps/b", "90", "s", "what maps_b is"],
    ]
    with pytest.raises(SystemExit) as stopped:
        main(["check", "clips", "map"])
    assert stopped.value.code == 2
    assert "“map” is not one of maps/a, maps/b, clips" in capsys.readouterr().err


def test_what_does_not_hold_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "made with torch 2.12, here 2.13"
    stand_in(
        monkeypatch,
        a=DIFFERENT,
        b=replace(DIFFERENT, versions=other),
        c=Outcome(claims=["it learns"], versions=other),
        d=FileNotFoundError("no file"),
    )
    assert main(["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "a: DOES NOT HOLD (1 s)",
        f"    {DIFFERENT.numbers[0]}",
        f"b: {other}: numbers may differ (1 s)",
        f"    {DIFFERENT.numbers[0]}",
        f"c: DOES NOT HOLD ({other}) (1 s)",
        "    no longer true: it learns",
        "d: DOES NOT HOLD (1 s)",
        "    the stored results cannot be read: no file",
        "3 of 4 do not hold. Another processor also rounds numbers differently.",
    ]
    assert main(["check", "b"]) == 0
    stand_in(monkeypatch, a=Outcome(), b=WorkersUnavailable("Start a worker."))
    assert main(["check"]) == 1
    assert "Start a worker." in capsys.readouterr().err


def test_everything_stored_can_be_checked() -> None:
    checks = all_checks()
    assert {f"curves/{path.stem}" for path in usual_curves.FOLDER.iterdir()} <= set(checks)
    assert {f"maps/{path.stem}" for path in shipped.FOLDER.iterdir()} <= set(checks)
    assert {f"experiments/{page}" for page in STEPS} <= set(checks)
    named = {"sharing", "policies", "clips", "lessons", "ladder/seminar", "gradient-variance"}
    assert named <= set(checks)
    assert checks["sharing"].again() == Outcome()


def test_numbers_are_compared_bit_for_bit() -> None:
    assert number_differences("x", [1.0, None, np.nan], [1.0, np.nan, None]) == []
    assert number_differences("x", [1.0, 2.0], [1.0, np.nextafter(2.0, 3)]) == [
        "x: 1 of 2 numbers differ, by up to 4.44e-16"
    ]
    assert number_differences("x", [1.0, np.nan], [2.5, 3.0]) == [
        "x: 2 of 2 numbers differ, by up to 1.5"
    ]
    assert number_differences("x", [np.nan], [3.0]) == ["x: 1 of 1 numbers differ"]
    assert number_differences("x", [1.0], [1.0, 2.0]) == ["x: the shape is (1,), stored: (2,)"]


def test_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (learning_curves, usual_curves):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setitem(usual_curves.AGENTS, "small", SMALL)
    path = learning_curves.save("small", learning_curves.make(SMALL, seeds=2, steps=4_000))
    stored = json.loads(path.read_text())
    try:
        assert learning_curves.recheck("small") == Outcome()
        stored["sums"][1][0] += 0.5
        stored[KEY]["numpy"] = "1.0"
        path.write_text(json.dumps(stored))
        usual_curves.load.cache_clear()
        assert learning_curves.recheck("small") == Outcome(
            ["sums: 1 of 4 numbers differ, by up to 0.5"],
            versions=f"made with numpy 1.0, here {made_by('fast')['numpy']}",
        )
    finally:
        usual_curves.load.cache_clear()


def test_experiments(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = load("reinforce")
    arms = dict(stored)
    made = iter(arms.values())
    monkeypatch.setattr(
        check_experiments, "configs_of", lambda _page: dict.fromkeys(arms, lambda _seed: SMALL)
    )
    monkeypatch.setattr(check_experiments, "make_arm", lambda _configs: next(made))
    assert not check_experiments.recheck("reinforce").numbers
    arms["no_foresight"] = stored["usual"]  # as if it learned without foresight
    made = iter(arms.values())
    found = check_experiments.recheck("reinforce")
    assert all(text.startswith("no_foresight, ") for text in found.numbers)
    assert len(found.claims) == 2
    assert "reinforce/no_foresight: mean return in the run's last third" in found.claims[0]
    assert not found.holds


def test_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = MapPlan(SMALL, (Axis("gamma", (0.9, 0.99)),), seeds=3, total_steps=1_000)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "PLANS", {"small": plan})
    assert make_maps.recheck("small") == Outcome(["no map is stored"])
    file = tmp_path / "small.parquet"
    write_map(file, plan, {run: measured(plan.config_of(*run)) for run in plan.runs()})
    assert make_maps.recheck("small") == Outcome()
    _plan, results = read_map(file)
    first = next(iter(results))
    sums = results[first].sums
    write_map(file, plan, {**results, first: replace(results[first], sums=(9e9, *sums[1:]))})
    numbers = make_maps.recheck("small").numbers
    assert numbers[0] == "1 of 6 runs differ from the stored map"
    assert numbers[1].startswith("sums of returns in these runs: 1 of 100 numbers differ")


def test_ladders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_ladder, "FOLDER", tmp_path)
    assert make_ladder.recheck("small") == Outcome(["no ladder is stored"])
    plan = LadderPlan(SMALL, SMALL.changed(learning_rate=0.1), 3, 1_000)
    path = make_ladder.save("small", make_ladder.make(plan, with_path=True))
    assert make_ladder.recheck("small") == Outcome()
    content = json.loads(path.read_text())
    content["arms"][1]["late_return"] = [500.0, 500.0, 500.0]
    path.write_text(json.dumps(content))
    found = make_ladder.recheck("small")
    assert found.numbers[0].startswith("late_return: 3 of 6 numbers differ")
    assert any(text.startswith("everything: ") for text in found.claims)


def test_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_policies, "STEPS", (0,))
    assert example_policies.recheck().numbers == []
    assert set(stored_provenance(FILE)) == set(made_by("fast"))
    monkeypatch.setattr(example_policies, "ReinforceConfig", lambda: ReinforceConfig(seed=1))
    (text,) = example_policies.recheck().numbers
    assert text.startswith("parameters after 0 steps: ")


def rows(ratios: list[float], others: list[float]) -> list[Row]:
    """Eight policies, the last one with other ratios; the mean return is 177.06."""
    return [Row(177.06, of, [1.0] * 4, [True] * 4) for of in [ratios] * 7 + [others]]


def test_the_table_of_the_gradient_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, unlucky = [1.0, 0.409, 0.106, 0.03], [1.0, 0.409, 0.106, 0.2]
    made: dict[int, Any] = dict.fromkeys(check_gradient_lab.STEPS, rows(usual, usual))
    row = check_gradient_lab.table_row(20_000, made[20_000])
    assert row in content("gradient_lab")
    monkeypatch.setattr(check_gradient_lab, "rows_of", lambda steps, *_others: made[steps])
    missing = check_gradient_lab.recheck_table().claims
    assert not any(row in text for text in missing)
    assert missing[0] == "not on the page: | 0 (untrained) " + row.removeprefix("| 20,000 ")
    made[20_000] = rows(usual, unlucky)
    claims = check_gradient_lab.recheck_table().claims
    assert claims[-1] == "after 20,000 steps, value has less variance than mean on all seeds"


def test_the_sentences_about_the_engines() -> None:
    readme = " ".join(engine_curves.README.read_text(encoding="utf-8").split())
    for steps in ([54_493, *[None] * 9], [305, 552, 552, 2_012], [4_241, 7_214, 41_143]):
        assert engine_curves.parting_sentence(steps) in readme
    assert "The smallest p-value of these 18 tests is 0.05." in readme
