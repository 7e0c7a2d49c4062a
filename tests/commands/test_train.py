"""The command that trains: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import errno
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pglab.__main__ import main
from pglab.commands import train
from pglab.commands.options import parts
from pglab.config import ReinforceConfig
from pglab.library.bundle import Bundle
from pglab.library.contents import RunContents
from pglab.library.snapshot import session_from
from pglab.session.training_session import TrainingSession
from tests.library.example_runs import run_in

SMALL = ["train", "reinforce", "--set", "hidden_sizes=8", "--quiet"]
MEAN = "mean of last 100 returns"
SHORT = [*SMALL, "--steps", "1000", "--parts", "run,card"]


def trained(**settings: Any) -> TrainingSession:
    session = TrainingSession(ReinforceConfig(hidden_sizes=(8,), **settings))
    while not session.finished:
        session.advance("step", 1_000)
    return session


def assert_same_run(contents: RunContents, session: TrainingSession) -> None:
    assert contents.config == session.config
    assert contents.global_step == session.global_step
    for name in session.history.episodes.names:
        np.testing.assert_array_equal(
            contents.episodes.columns[name], session.history.episodes[name]
        )


def test_one_seed_is_written_at_the_top(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.zip"
    assert main([*SMALL, "--set", "gamma=0.9", "--steps", "1000", "--out", str(file)]) == 0
    session = trained(gamma=0.9, total_steps=1_000)
    assert_same_run(run_in(file.read_bytes()), session)
    header, row, told, written = capsys.readouterr().out.splitlines()
    assert re.split(r"\s{2,}", header) == ["seed", "steps", "episodes", MEAN, "outcome"]
    mean = f"{session.history.mean_return():.1f}"
    episodes = str(len(session.history.episodes))
    assert re.split(r"\s{2,}", row.strip()) == ["0", "1,000", episodes, mean, "all steps used"]
    assert "one seed" in told
    assert written == f"wrote {file}"
    names = set(zipfile.ZipFile(file).namelist())
    assert {"README.md", "train.py", "episodes.parquet", "run.safetensors"} <= names
    assert not any(name.startswith(("replay.", "figures/")) for name in names)


def test_several_seeds_have_a_folder_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.zip"
    assert main([*SHORT, "--set", "seed=4", "--seeds", "3", "--out", str(file)]) == 0
    sessions = [trained(seed=seed, total_steps=1_000) for seed in (4, 5, 6)]
    with file.open("rb") as opened:
        bundle = Bundle(opened)
        assert bundle.folders == ["seed-4/", "seed-5/", "seed-6/"]
        for folder, session in zip(bundle.folders, sessions, strict=True):
            assert_same_run(bundle.run(folder), session)
    means = sorted(session.history.mean_return() or 0.0 for session in sessions)
    told = capsys.readouterr().out.splitlines()[-2]
    assert told.startswith(f"Over 3 seeds, the median of these means is {means[1]:.1f}")
    assert told.endswith(f"range from {means[0]:.1f} to {means[2]:.1f}.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--set gama=0.9", "The setting “gama” is unknown here. Did you mean “gamma”?\n"),
        ("--set gamma=2", "cannot be “2”. Choose a number from 0 to 1.\n"),
        ("--steps 10", "Choose a whole number from 1,000 to 1,000,000.\n"),
        ("--set body=split", "“body” is unknown here.\n"),
        ("--set env_id=Pong-v5", "Runs in the environment Pong-v5 cannot be stored. Choose one"),
        ("--set gamma", "“gamma” has no =; write NAME=VALUE"),
        ("--seeds 0", "“0” is not a whole number from 1 to 100"),
        ("--parts card,cards", "the parts are card, config,"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_training(
    arguments: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*SMALL, *arguments.split(), "--out", str(tmp_path / "run.zip")]
    try:
        code = main(command)
    except SystemExit as stopped:  # argparse refuses what is no setting
        code = int(stopped.code or 0)
    printed = capsys.readouterr()
    assert code == 2
    assert sentence in printed.err
    assert printed.out == ""
    assert not list(tmp_path.iterdir())


def test_an_existing_file_is_replaced_only_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.zip"
    file.write_bytes(b"mine")
    assert main([*SHORT, "--out", str(file)]) == 1
    printed = capsys.readouterr()
    assert f"{file} exists." in printed.err
    assert printed.out == ""  # it has not trained
    assert file.read_bytes() == b"mine"
    assert main([*SHORT, "--out", str(file), "--force"]) == 0
    assert run_in(file.read_bytes()).global_step == 1_000
    assert [path.name for path in tmp_path.iterdir()] == ["run.zip"]


@pytest.mark.parametrize("place", ["no/such/folder/run.zip", "."])
def test_a_place_that_cannot_be_written_is_refused_before_training(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SHORT, "--out", str(tmp_path / place)]) == 1
    printed = capsys.readouterr()
    assert "cannot be written: No such file" in printed.err or "is a folder." in printed.err
    assert printed.out == ""


def test_a_full_disk_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parts, "add_files", full)
    file = tmp_path / "run.zip"
    file.write_bytes(b"mine")
    assert main([*SHORT, "--out", str(file), "--force"]) == 1
    assert capsys.readouterr().err == f"{file} cannot be written: No space left on device.\n"
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


def test_ctrl_c_writes_runs_that_go_on_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def interrupting(*_arguments: object, **_options: object) -> Iterator[object]:
        def report(done: float, total: float) -> None:
            if 0 < done < total:
                raise KeyboardInterrupt

        yield report

    monkeypatch.setattr(train, "progress_bar", interrupting)
    file = tmp_path / "run.zip"
    slowly = ["--set", "engine=reference"]  # the fast engine would be done at the first report
    assert main([*SMALL, *slowly, "--parts", "run", "--out", str(file)]) == 130
    contents = run_in(file.read_bytes())
    step = contents.global_step
    assert 0 < step < 200_000
    printed = capsys.readouterr()
    assert printed.err == f"Seed 0 stopped at step {step:,} of 200,000.\n"
    assert printed.out.splitlines()[1].endswith("not ended")
    continued, whole = session_from(contents), TrainingSession(contents.config)
    continued.advance("step", 500)
    whole.advance("step", step + 500)
    np.testing.assert_array_equal(
        continued.history.episodes["episode_return"], whole.history.episodes["episode_return"]
    )


def test_ctrl_c_before_the_first_step_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "train_all", lambda *_arguments: False)
    assert main([*SHORT, "--out", str(tmp_path / "run.zip"), "--keep"]) == 130
    printed = capsys.readouterr()
    assert printed.err == "Seed 0 stopped at step 0 of 1,000.\n"
    assert printed.out == ""
    assert not (tmp_path / "run.zip").exists()
    assert main(["runs"]) == 0
    assert capsys.readouterr().out.startswith("No runs.")


def test_seeds_without_an_episode_have_no_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(sessions: list[TrainingSession], _report: object) -> bool:
        for session in sessions[:2]:
            session.advance("step", 20)
        return False

    monkeypatch.setattr(train, "train_all", interrupted)
    file = tmp_path / "run.zip"
    acrobot = ["--set", "env_id=Acrobot-v1", "--seeds", "3"]
    assert main([*SHORT, *acrobot, "--out", str(file)]) == 130
    printed = capsys.readouterr()
    assert [line.split()[:4] for line in printed.out.splitlines()[1:3]] == [
        ["0", "20", "0", "–"],
        ["1", "20", "0", "–"],
    ]
    assert "median" not in printed.out
    assert "Seed 2 stopped at step 0 of 1,000." in printed.err
    with file.open("rb") as opened:
        assert Bundle(opened).folders == ["seed-0/", "seed-1/"]


def test_a_diverged_run_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = "learning_rate=1 critic_learning_rate=1 symexp_heads=on hidden_sizes=8"
    options = [word for setting in settings.split() for word in ("--set", setting)]
    file = tmp_path / "run.zip"
    command = ["train", "shared_on_policy", *options, "--quiet"]
    assert main([*command, "--out", str(file)]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[1].endswith("diverged")
    assert printed.out.splitlines()[2].startswith("Seed 0: ")
    assert run_in(file.read_bytes()).outcome == "diverged"


def test_a_run_is_kept_even_if_the_file_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "_write", lambda *_arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main([*SHORT, "--keep", "--out", str(tmp_path / "run.zip")])
    assert main(["runs"]) == 0
    header, row = capsys.readouterr().out.splitlines()[-2:]
    assert header.startswith("address")
    assert "layers 8, total steps 1000" in row
