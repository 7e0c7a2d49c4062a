"""The command that makes a map: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pglab.__main__ import main
from pglab.commands import train_map
from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig
from pglab.library.keeping.saver import SharedLibrary
from pglab.maps.measures import late_return
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.ready.table import read_map
from pglab.maps.run_result import measured
from pglab.maps.running.map_run import MapRun
from pglab.maps.running.results import Results
from pglab.maps.running.workers import Workers

SMALL = ["map", "reinforce", "--quiet", "--seeds", "4", "--steps", "1000", "--set"]
LAYERS = ["hidden_sizes=8", "--vary", "gamma=0.99,0.9"]
PLAN = MapPlan(ReinforceConfig(hidden_sizes=(8,)), (Axis("gamma", (0.9, 0.99)),), 4, 1_000)


@pytest.fixture(autouse=True)
def own_results(own_data: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    """The results of each test are in the library of this test."""
    results = Results(SharedLibrary())
    monkeypatch.setattr(train_map, "Results", lambda: results)
    return results


def cells(printed: str) -> list[list[str]]:
    """The rows of the table, without its header."""
    rows = printed.splitlines()[1:]
    return [re.split(r"\s{2,}", row) for row in rows if re.match(r"\S+\s{2,}", row)]


def test_a_map_has_the_results_of_single_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train_map, "seconds_of", lambda *_arguments: 125.0)
    file = tmp_path / "map.parquet"
    assert main([*SMALL, *LAYERS, "--out", str(file)]) == 0
    plan, results = read_map(file)
    assert (plan.axes, plan.seeds, plan.total_steps) == (PLAN.axes, 4, 1_000)
    assert results == {run: measured(PLAN.config_of(*run)) for run in PLAN.runs()}
    printed = capsys.readouterr()
    assert printed.err == "2 cells, 8 runs; 8 are to be trained, in about 3 min.\n"
    assert printed.out.endswith(f"wrote {file}\n")
    rows = cells(printed.out)
    for row, cell in zip(rows, PLAN.cells, strict=True):
        low, *middle, high = sorted(late_return(results[cell, seed]) for seed in range(4))
        interval = f"{low:.1f} to {high:.1f} (approximate interval)"
        assert row[1:] == ["4", "0", f"{np.mean(middle):.1f}", interval]
    assert [row[0] for row in rows] == ["0.9", "0.99"]
    # The library has all results now, so nothing is measured or trained.
    monkeypatch.setattr(train_map, "seconds_of", lambda *_arguments: 1 / 0)
    assert main([*SMALL, *LAYERS]) == 0
    again = capsys.readouterr()
    assert (cells(again.out), again.err) == (rows, "")


def plan_of(*options: str) -> MapPlan:
    return train_map._plan(train_map.parser().parse_args(options))


def test_settings_vary_over_named_values_or_over_those_of_their_control() -> None:
    plan = plan_of("split_replay", "--vary", "body", "--vary", "batch_size=64, 16")
    assert plan.axes == (Axis("body", ("shared", "split")), Axis("batch_size", (16, 64)))
    assert plan.config == ActorCriticConfig.split_replay(total_steps=20_000)
    assert plan.seeds == 10
    widths = ["--vary", "hidden_sizes=8,4", "--vary", "hidden_sizes=none"]
    both = plan_of("reinforce", *widths, "--vary", "gamma", "--vary", "gamma=0.3,0.5")
    assert both.axes[0] == Axis("hidden_sizes", ((), (8, 4)))
    assert both.axes[1].values[:4] == (0.0, 0.3, 0.5, 0.8)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--vary gama", "A map cannot vary “gama”. Choose one of: gamma,"),
        ("--vary seed=1,2", "A map cannot vary “seed”."),
        ("--vary gamma=0.9", "Choose 2 to 25 values"),
        ("--vary gamma=0.9,2", "cannot be “2”. Choose a number from 0 to 1."),
        ("--vary gamma=0.9,", "cannot be “”. Choose a number"),
        ("--vary hidden_sizes=8,8", "Choose 2 to 25 values"),
        ("--vary episodes_per_update", "for example --vary episodes_per_update=1,32."),
        ("--vary value_learning_rate", "has no effect with these settings."),
        ("--vary gamma --vary baseline --vary activation", "Choose one or two settings"),
        ("--vary gamma --set seed=3", "A map chooses “seed” itself. Leave it out."),
        ("--vary gamma --steps 10", "Choose a whole number from 1,000 to 1,000,000."),
        ("--vary gamma --seeds 2", "“2” is not a whole number from 3 to 30"),
        ("", "the following arguments are required: --vary"),
    ],
)
def test_what_cannot_be_a_map_is_refused(
    options: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["map", "reinforce", *options.split()])
    except SystemExit as stopped:  # argparse refuses what is no option
        code = int(stopped.code or 0)
    printed = capsys.readouterr()
    assert code == 2
    assert sentence in printed.err
    assert printed.out == ""


def test_a_map_that_takes_long_is_trained_only_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train_map, "seconds_of", lambda *_arguments: 2 * 3_600 + 1)
    file = tmp_path / "map.parquet"
    command = [*SMALL, *LAYERS, "--out", str(file)]
    assert main(command) == 2
    printed = capsys.readouterr()
    assert "in about 3 h.\nThat is long. Choose fewer values, seeds or steps" in printed.err
    assert (printed.out, file.exists()) == ("", False)
    assert main([*command, "--long"]) == 0
    assert len(read_map(file)[1]) == 8


def test_ctrl_c_keeps_and_writes_what_is_trained(
    tmp_path: Path,
    own_results: Results,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def interrupting(*_arguments: object, **_options: object) -> Iterator[object]:
        def report(done: float, _total: float) -> None:
            if done:
                raise KeyboardInterrupt

        yield report

    file = tmp_path / "map.parquet"
    longer = [*SMALL, *LAYERS, "--steps", "200000", "--out", str(file)]
    with monkeypatch.context() as patch:
        patch.setattr(train_map, "progress_bar", interrupting)
        patch.setattr(train_map, "INTERVAL", 0.01)
        assert main(longer) == 130
    plan, results = read_map(file)
    assert 0 < len(results) < 8
    printed = capsys.readouterr()
    assert f"Stopped after {len(results)} of 8 runs." in printed.err
    assert sum(int(row[1]) for row in cells(printed.out)) == len(results)
    known = MapRun(plan, Workers(), own_results).snapshot().results
    assert results.items() <= known.items()


def test_a_file_that_cannot_be_written_is_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "map.parquet"
    file.write_bytes(b"mine")
    assert main([*SMALL, *LAYERS, "--out", str(file)]) == 1
    printed = capsys.readouterr()
    assert printed.err == (f"{file} exists. Choose another name, or replace it with --force.\n")
    assert (printed.out, file.read_bytes()) == ("", b"mine")


def test_diverged_runs_are_counted_and_have_no_return(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = "learning_rate=1 symexp_heads=on hidden_sizes=8"
    options = [word for setting in settings.split() for word in ("--set", setting)]
    vary = ["--vary", "policy_signal=q,advantage_max", "--seeds", "3", "--steps", "5000"]
    assert main(["map", "shared_on_policy", *options, *vary, "--quiet"]) == 0
    assert cells(capsys.readouterr().out)[0] == ["q", "3", "3", "–", "–"]


def test_workers_that_cannot_be_reached_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pglab.maps.running.workers.PATIENCE", 0.5)
    monkeypatch.setattr(train_map, "shared_workers", lambda: Workers("tcp://127.0.0.1:9"))
    assert main([*SMALL, *LAYERS]) == 1
    printed = capsys.readouterr()
    assert "The Dask workers at “tcp://127.0.0.1:9” cannot be reached." in printed.err
    assert printed.out == ""


def test_an_error_in_training_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_config: object, _pause: object) -> None:
        raise ConfigError("The pole is gone.")

    monkeypatch.setattr("pglab.maps.running.workers.measured", fails)
    assert main([*SMALL, *LAYERS]) == 1
    printed = capsys.readouterr()
    assert printed.err.endswith("The pole is gone.\n")
    assert printed.out == ""
