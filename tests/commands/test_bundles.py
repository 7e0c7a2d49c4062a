"""The commands that list, export and import runs."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from pglab import figures_of_run
from pglab.__main__ import main
from pglab.commands.own_runs import opened_library, own_key
from pglab.library.bundle import RUN, packed
from pglab.plots.picture_files.files import PictureError
from tests.library.example_runs import run_in

PARTS = ["--parts", "card,config,tables,tensorboard,policy,script,run", "--quiet"]


def train(file: Path, agent: str = "reinforce", *options: str) -> None:
    small = ["--set", "hidden_sizes=8", "--steps", "1000", "--out", str(file)]
    assert main(["train", agent, *small, *PARTS, *options]) == 0


def files_in(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def addresses() -> list[str]:
    """The addresses of all runs of the command line, those with the most steps first."""
    return [run.address for run in opened_library().runs_of(own_key(), order="steps")]


@pytest.mark.parametrize("agent", ["reinforce", "shared_on_policy", "split_replay"])
def test_a_bundle_that_was_imported_is_exported_as_the_same_bytes(
    agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The events of TensorBoard contain dates.
    monkeypatch.setattr("pglab.library.take_away.time.time", lambda: 1.8e9)
    first, copy, second = (tmp_path / f"{name}.zip" for name in ("first", "copy", "second"))
    train(first, agent)
    assert main(["import", str(first)]) == 0
    (address,) = addresses()
    assert f"?run={address}" in capsys.readouterr().out
    assert main(["export", address, "--out", str(second), *PARTS]) == 0
    assert main(["export", str(first), "--out", str(copy), *PARTS]) == 0
    assert len(files_in(first)) >= 13
    assert first.read_bytes() == second.read_bytes() == copy.read_bytes()


def test_each_run_of_a_bundle_is_imported_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path / "seeds.zip", "reinforce", "--seeds", "2")
    train(tmp_path / "longer.zip", "split_replay", "--steps", "1200", "--set", "env_id=Acrobot-v1")
    capsys.readouterr()
    assert main(["import", str(tmp_path / "seeds.zip"), str(tmp_path / "longer.zip")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in told[:2]] == ["“seed-0/”", "“seed-1/”"]
    assert main(["runs", "--sort", "steps"]) == 0
    _header, *rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows] == addresses()
    assert {line.split()[1] for line in told[:2]} == {row.split()[0] for row in rows[1:]}
    assert "split_replay" in rows[0]
    assert "environment Acrobot-v1" in rows[0]
    assert "1,200" in rows[0]
    assert main(["runs", "--search", "acrobot"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [rows[0]]
    again = tmp_path / "again.zip"
    assert main(["export", str(tmp_path / "seeds.zip"), "--out", str(again), *PARTS]) == 0
    assert files_in(again).keys() == files_in(tmp_path / "seeds.zip").keys()


def with_arrays(run: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Change the arrays of a stored run."""
    head = json.loads(run[8 : 8 + int.from_bytes(run[:8], "little")])
    arrays = safetensors.numpy.load(run)
    change(arrays)
    return safetensors.numpy.save(arrays, head["__metadata__"])


def not_finite(arrays: dict[str, Any]) -> None:
    arrays["state/policy/head.bias"][0] = np.nan


def strange_name(arrays: dict[str, Any]) -> None:
    arrays["state/\x1b[31mred\n"] = np.zeros(1)


def changed(files: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> bytes:
    """A bundle of two seeds, of which the second is damaged."""
    damaged = with_arrays(files[RUN], change)
    return packed({f"seed-0/{RUN}": files[RUN], f"seed-1/{RUN}": damaged})


DAMAGE: dict[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "truncated": (lambda files: packed(files)[:-30], "is not a bundle of this app, or"),
    "a text": (lambda files: files["README.md"], "is not a bundle of this app, or"),
    "without a run": (lambda files: packed({"README.md": b""}), "contains no run."),
    "outside": (lambda files: packed({f"../{RUN}": files[RUN]}), "contains no run."),
    "NaN": (lambda files: changed(files, not_finite), "number that is not finite."),
    "strange": (lambda files: changed(files, strange_name), "contains “�[31mred”"),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a bundle that can be imported."""
    file = tmp_path_factory.mktemp("sound") / "run.zip"
    train(file)
    return files_in(file)


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_bundle_is_refused_and_the_others_are_imported(
    name: str, sound: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage, sentence = DAMAGE[name]
    bad, good, out = (tmp_path / f"{part}.zip" for part in ("bad", "good", "out"))
    bad.write_bytes(damage(sound))
    good.write_bytes(packed(sound))
    assert main(["import", "--quiet", str(bad), str(good), str(tmp_path / "none.zip")]) == 1
    of_bad, of_none = capsys.readouterr().err.splitlines()
    assert of_bad.startswith(f"{bad}: ")
    assert sentence in of_bad
    assert "none.zip cannot be read: No such file" in of_none
    assert len(addresses()) == 1
    assert main(["export", str(bad), "--out", str(out), "--parts", "run", "--quiet"]) == 1
    assert sentence in capsys.readouterr().err
    assert sorted(tmp_path.glob("*.zip")) == [bad, good]
    assert not list(tmp_path.glob(".*"))


def test_what_is_no_run_and_what_would_be_overwritten_is_refused(
    sound: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.zip"
    file.write_bytes(packed(sound))
    assert main(["export", "A" * 24, "--out", str(tmp_path / "out.zip")]) == 1
    assert "neither a file nor the address of a run" in capsys.readouterr().err
    assert main(["export", str(file), "--out", str(file)]) == 1
    assert f"{file} exists." in capsys.readouterr().err
    assert main(["export", str(file), "--out", str(file), "--force", *PARTS]) == 0
    assert files_in(file)[RUN] == sound[RUN]


def test_without_a_browser_the_figures_are_left_out(
    sound: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def no_browser(*_arguments: object, **_options: object) -> None:
        raise PictureError("Install a browser.")

    monkeypatch.setattr(figures_of_run, "figure_files", no_browser)
    file, out, alone = (tmp_path / f"{name}.zip" for name in ("run", "out", "alone"))
    file.write_bytes(packed(sound))
    command = ["export", str(file), "--quiet", "--parts"]
    assert main([*command, "figures,run", "--out", str(out)]) == 0
    assert capsys.readouterr().err == "A part is left out: Install a browser.\n"
    assert list(files_in(out)) == [RUN]
    assert main([*command, "figures", "--out", str(alone)]) == 1
    assert capsys.readouterr().err == "Install a browser.\n"
    assert not alone.exists()


def test_ctrl_c_leaves_no_file(
    sound: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(figures_of_run, "figure_files", interrupted)
    file = tmp_path / "run.zip"
    file.write_bytes(packed(sound))
    assert (
        main(["export", str(file), "--parts", "figures", "--out", str(tmp_path / "o.zip")]) == 130
    )
    assert list(tmp_path.iterdir()) == [file]


def test_every_step_is_exported_on_request(sound: dict[str, bytes], tmp_path: Path) -> None:
    file, out = tmp_path / "run.zip", tmp_path / "out.zip"
    file.write_bytes(packed(sound))
    assert main(["export", str(file), "--steps", *PARTS, "--out", str(out)]) == 0
    rows = files_in(out)["steps.csv"].splitlines()
    assert len(rows) == 1 + run_in(packed(sound)).global_step


def test_only_the_owner_exports_the_name_of_a_run(
    sound: dict[str, bytes], tmp_path: Path, own_data: Path
) -> None:
    file = tmp_path / "run.zip"
    file.write_bytes(packed(sound))
    assert main(["import", str(file), "--quiet"]) == 0
    (address,) = addresses()
    assert opened_library().annotate(own_key(), address, name="my first run")
    command = ["export", address, "--out", str(file), "--force", "--parts", "card", "--quiet"]
    assert main(command) == 0
    assert b"# my first run" in files_in(file)["README.md"]
    (own_data / "command_line_key").unlink()  # somebody else
    assert main(command) == 0
    assert b"my first run" not in files_in(file)["README.md"]
    assert addresses() == []


def test_only_the_user_can_read_the_key(own_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, file = own_key(), own_data / "command_line_key"
    assert own_key() == key
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("short")
    assert main(["runs"]) == 1
    assert f"The key of the command line ({file}) is damaged." in capsys.readouterr().err


@pytest.mark.parametrize("command", ["runs", "import run.zip", "train reinforce --keep --quiet"])
def test_without_a_library_the_commands_say_what_to_change(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PGLAB_DATABASE_URL", "nonsense")
    assert main(command.split()) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("PGLAB_DATABASE_URL does not name a usable database")
    assert printed.out == ""
