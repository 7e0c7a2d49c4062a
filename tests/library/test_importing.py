"""A bundle becomes a stored run that goes on exactly, or nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pglab.config import ActorCriticConfig, ConfigError
from pglab.library.bundle import packed, run_files
from pglab.library.contents import RunContents
from pglab.library.encoding import decoded, encoded
from pglab.library.importing import import_bundle
from pglab.library.snapshot import contents_of, session_from
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.summary import summary_of
from pglab.session.history import Change
from tests.library.example_runs import contents, session_of
from tests.library.store.samples import ADA, BOB


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(f"sqlite:///{tmp_path}/runs.sqlite3")
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ["reinforce", "split with replay", "diverged", "no episode"])
def test_an_imported_run_goes_on_exactly(library: Library, name: str) -> None:
    before = contents(name)
    (kept,) = import_bundle(library, packed(run_files(before)), ADA)
    (row,) = library.runs_of(ADA)
    assert row.summary == kept.summary == summary_of(before)
    assert library.runs_of(BOB) == []
    stored = library.load(kept.address)
    assert stored is not None
    assert stored.belongs_to(ADA)
    after = decoded(stored.data, stored.blocks)
    pair = [session_from(copied) for copied in (before, after)]
    for session in pair:
        session.advance("step", 300)
    one, other = (replace(contents_of(session), training_seconds=0.0) for session in pair)
    assert encoded(one) == encoded(other)
    assert one.state.blocks == other.state.blocks


def test_a_bundle_can_be_imported_twice(library: Library) -> None:
    bundle = packed(run_files(contents("reinforce")))
    (first,), (second,) = (import_bundle(library, bundle, ADA) for _ in range(2))
    assert first.address != second.address
    assert library.count_of(ADA) == 2


def bundle_of(*runs: RunContents) -> bytes:
    """A bundle of several runs, each in a folder."""
    files = {f"side-{n}/{name}": x for n, c in enumerate(runs) for name, x in run_files(c).items()}
    return packed(files)


def test_all_runs_of_a_bundle_are_imported_and_the_progress_is_told(library: Library) -> None:
    runs, shares = [contents("reinforce"), contents("split with replay")], list[float]()
    kept = import_bundle(library, bundle_of(*runs), ADA, shares.append)
    assert [run.summary for run in kept] == list(map(summary_of, runs))
    assert {row.address for row in library.runs_of(ADA)} == {run.address for run in kept}
    assert len({run.writer for run in kept}) == len(kept)
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_if_one_run_is_damaged_or_the_visitor_stops_none_is_stored(library: Library) -> None:
    good = contents("reinforce")
    with pytest.raises(StateError):
        import_bundle(library, bundle_of(good, damaged(good)), ADA)

    def stop(share: float) -> None:
        if share == 0.75:
            assert library.count_of(ADA) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_bundle(library, bundle_of(good, good), ADA, stop)
    assert library.count_of(ADA) == 0


def changed(**settings: object) -> Callable[[RunContents], RunContents]:
    return lambda before: replace(before, changes=(Change(5, 0, dict(settings)),))


def damaged(before: RunContents) -> RunContents:
    arrays = {**before.state.arrays, "x" * 1_000: before.state.arrays["observation"]}
    return replace(before, state=replace(before.state, arrays=arrays))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (changed(unknown=1), "The file has a setting “unknown”, which is unknown."),
        (changed(gamma=7), r"Discount γ \(gamma\) cannot be “7”"),
        (changed(env_id="os:system"), "The state of this environment cannot be stored."),
        (damaged, "The file contains “x{40}…”, which no run has."),
    ],
)
def test_of_a_run_that_cannot_go_on_nothing_is_stored(
    library: Library, spoil: Callable[[RunContents], RunContents], sentence: str
) -> None:
    bundle = packed({"run.safetensors": encoded(spoil(contents("reinforce")))})
    with pytest.raises((ConfigError, StateError), match=sentence):
        import_bundle(library, bundle, ADA)
    assert library.count_of(ADA) == 0


def test_an_example_has_a_replay_buffer() -> None:
    """Otherwise, the tests above would say nothing about replay buffers."""
    config = session_of("split with replay").config
    assert isinstance(config, ActorCriticConfig)
    assert contents("split with replay").state.blocks
