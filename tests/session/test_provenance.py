"""Every stored result names its training engine. This is the engine that the pages use."""

import json
from pathlib import Path
from typing import Any

import pytest

import pglab
from pglab.config import ReinforceConfig
from pglab.session.stored.clips import stored_facts
from pglab.session.stored.provenance import COMPUTING, KEY, engine_of
from pglab.studies import opening_clips
from pglab.studies.opening_clips import run_again

STORED = sorted((Path(pglab.__file__).parent / "data").rglob("*.json"))


def parts(file: Path) -> list[dict[str, Any]]:
    """Return the separately computed parts of a file: each experiment, or the whole file."""
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return list(content.values()) if file.parent.name == "experiments" else [content]


@pytest.mark.parametrize("file", STORED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_stored_figure_was_made_by_the_engine_of_the_pages(file: Path) -> None:
    for part in parts(file):
        assert engine_of(part) == ReinforceConfig().engine
        assert set(part[KEY]) == {"engine", *COMPUTING}


def test_there_are_stored_figures() -> None:
    assert {file.parent.name for file in STORED} >= {"clips", "experiments", "learning_curves"}


def test_the_check_of_the_clip_runs_what_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    short = ReinforceConfig(total_steps=1000, hidden_sizes=(8,))
    monkeypatch.setattr(opening_clips, "ReinforceConfig", short.changed)
    assert run_again({"seed": 4}) == 1000
    assert set(stored_facts()) == {"seed", "steps", KEY}
