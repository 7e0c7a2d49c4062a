"""The words of the progress bar: the progress reading, and the goal of this reading."""

from __future__ import annotations

from pglab.config import ReinforceConfig
from pglab.records import EpisodeRecord
from pglab.session.bench import Bench
from pglab.stretch import stretch_of
from pglab.ui.pages.live_stage import _progress
from pglab.ui.stage.panels.returns import reading_explained

CONFIG = ReinforceConfig(hidden_sizes=(8,), smoothing_window=4, eval_interval=100)


def finish(bench: Bench, step: int, reading: float, *, solved: bool = False) -> None:
    episode = EpisodeRecord(step, 0, reading, 10, False, reading, solved)
    bench.session.history.add(stretch_of([episode]))


def test_the_reading_stands_beside_what_is_asked_of_it() -> None:
    bench = Bench(CONFIG)
    finish(bench, 100, 153)
    label = _progress(bench).label
    assert "progress reading 153, goal 500" in label
    assert "1 of 4 episodes" in label, "a reading over too few episodes does not solve the task"
    for step in (200, 300, 400):
        finish(bench, step, 400)
    assert "episodes" not in _progress(bench).label
    assert _progress(bench).marker_label is None
    finish(bench, 500, 500, solved=True)
    finish(bench, 600, 292)
    progress = _progress(bench)
    assert progress.marker_label == "solved at step 500"
    assert "goal 500 reached; progress reading 292" in progress.label


def test_the_reading_is_explained_where_it_stands() -> None:
    told = _progress(Bench(CONFIG)).help
    assert told == reading_explained(CONFIG)
    for number in ("4 counted episodes", "100 environment steps", "at least 500"):
        assert number in told
