"""The script `dev.py`, and the command line of the package."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dev
from pglab import __main__ as command_line
from pglab.engine import engine

PROJECT = tomllib.loads((dev.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run_with_version(version: tuple[int, int], venv: Path) -> subprocess.CompletedProcess[str]:
    """Run `dev.py app` as if this Python had another version."""
    script = f"import sys, runpy; sys.version_info = {(*version, 0, 'final', 0)}; "
    script += "sys.argv = ['dev.py', 'app']; runpy.run_path('dev.py', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", script],
        timeout=100,  # without a refusal, the script would install everything and start the app
        cwd=dev.ROOT,
        env={**os.environ, "PGLAB_VENV": str(venv)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_a_python_that_cannot_work_is_refused_before_anything_is_made(
    version: tuple[int, int], tmp_path: Path
) -> None:
    run = run_with_version(version, tmp_path / "venv")
    sentence = "runs on Python 3.11, 3.12 and 3.13; this is Python {}.{}.".format(*version)
    assert run.returncode == 1
    assert sentence in run.stderr
    assert run.stdout == ""
    assert not (tmp_path / "venv").exists()


def test_the_versions_are_those_of_the_package() -> None:
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert [minor for minor in range(5, 20) if dev.refusal((3, minor)) is None] == [11, 12, 13]


def test_an_old_python_can_read_the_script() -> None:
    ast.parse((dev.ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_an_environment_of_an_unsuited_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.14.2\n")
    with pytest.raises(SystemExit, match=r"made by Python 3\.14.*delete it"):
        dev.refuse_unsuited(tmp_path)
    # The tools virtualenv and uv write the version under this name.
    (tmp_path / "pyvenv.cfg").write_text("version_info = 3.12.1.final.0\n")
    dev.refuse_unsuited(tmp_path)
    dev.refuse_unsuited(tmp_path / "absent")


def test_packages_that_were_removed_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dev.has_packages(Path(sys.executable), dev.TEST_REQUIREMENTS)
    (tmp_path / "some.txt").write_text("# comment\nnumpy==1.0\nno-such-package==1.0\n")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    assert not dev.has_packages(Path(sys.executable), ["some.txt"])
    assert not dev.has_packages(tmp_path / "python", ["some.txt"])


def test_kernels_are_compiled_again_if_any_file_of_the_engine_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (dev.ROOT / dev.KERNELS / "engine.py").exists()
    engine_folder = tmp_path / dev.KERNELS
    (engine_folder / "kernels").mkdir(parents=True)
    (engine_folder / "one.py").write_text("1")
    (engine_folder / "kernels" / "other.py").write_text("2")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    stamp = dev.stamp_of(tmp_path, dev.KERNELS)
    stamp.write_text(dev.fingerprint(dev.KERNELS))
    assert dev.is_installed(tmp_path, dev.KERNELS)
    (engine_folder / "kernels" / "other.py").write_text("3")
    assert not dev.is_installed(tmp_path, dev.KERNELS)


def test_an_environment_without_pip_keeps_its_python(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path)], check=True)
    settings = (tmp_path / "pyvenv.cfg").read_text()
    python = dev.python_of(tmp_path)
    assert not dev.has_pip(python)
    assert dev.add_pip(python)
    assert dev.has_pip(python)
    assert (tmp_path / "pyvenv.cfg").read_text() == settings
    assert not dev.add_pip(tmp_path / "absent" / "python")


def test_the_command_line_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main([]) == 2
    printed = capsys.readouterr().err
    assert all(f"\n  {name} " in printed for name in command_line.COMMANDS)
    with pytest.raises(SystemExit):
        command_line.main(["aap"])
    assert "'app', 'benchmark'" in capsys.readouterr().err


def test_the_app_without_its_pages_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="pip install -e"):
        command_line.main(["app", "--server.port", "1"])


def test_arguments_go_on_to_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def execv(_program: str, command: list[str]) -> None:
        started.append(command)
        raise SystemExit(0)  # like the real `execv`, this function never returns

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(os, "chdir", lambda _folder: None)
    monkeypatch.setattr(engine, "warm_up", lambda: None)
    with pytest.raises(SystemExit):
        command_line.main(["app", "--server.port", "8600"])
    assert started[0][1:] == ["-m", "streamlit", "run", "app.py", "--server.port", "8600"]
