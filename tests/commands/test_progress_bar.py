"""The progress is a bar in a terminal, and lines elsewhere."""

from __future__ import annotations

import sys

import pytest

from pglab.commands import progress_bar as module
from pglab.commands.progress_bar import part_of, progress_bar


def test_a_terminal_shows_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar("Training", unit=" steps") as report:
        report(500, 4_000)
        report(3_000, 3_000)  # one run was solved early
    drawn = capsys.readouterr().err
    assert drawn.count("\n") == 1
    last = drawn.rstrip("\n").rpartition("\r")[2]
    assert "Training: 100%|" in last
    assert " 3000/3000 " in last
    assert "steps/s" in last


def test_a_file_gets_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bar("Exporting") as report:
        report(0.1, 1)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0.0)
    with progress_bar("Exporting") as report:
        part_of(report, 1, 4)(0.5)
        report(4, 4)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("Exporting:  38% ")
    assert second.startswith("Exporting: 100% ")
    with progress_bar("Exporting", quiet=True) as report:
        report(1, 1)
    assert capsys.readouterr().err == ""
