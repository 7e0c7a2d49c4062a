"""The tables as CSV and as Parquet, opened by pandas and pyarrow, and the TensorBoard events."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas  # type: ignore[import-untyped]
import pyarrow.parquet
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from pglab.library.contents import RunContents
from pglab.library.tables import steps, tensorboard_events
from pglab.library.tables.columns import EPISODES, UPDATES, Column, step_columns
from pglab.library.tables.data_dictionary import data_dictionary
from pglab.library.tables.steps import CannotRepeat, write_steps
from pglab.library.tables.tables import Format, episodes_table, table_bytes, updates_table
from pglab.session.training_session import TrainingSession
from pglab.stretch import StepColumns
from tests.library.example_runs import RUNS, contents, session_of

EVERY_RUN = pytest.mark.parametrize("name", RUNS)
MAKERS = {"episodes": (episodes_table, EPISODES), "updates": (updates_table, UPDATES)}


def opened(data: bytes, file_format: Format) -> Any:
    """What pandas reads."""
    read = pandas.read_csv if file_format == "csv" else pandas.read_parquet
    return read(io.BytesIO(data))


def both_formats(run: RunContents) -> dict[Format, bytes]:
    """The table of steps, as CSV and as Parquet."""
    sinks: dict[Format, io.BytesIO] = {"csv": io.BytesIO(), "parquet": io.BytesIO()}
    write_steps(run, sinks, lambda done, total: None)
    return {file_format: sink.getvalue() for file_format, sink in sinks.items()}


def recorded_steps(name: str) -> StepColumns:
    """All steps of a run that is trained in the usual way, with the same changes."""
    run = contents(name)
    session, stretches = TrainingSession(run.initial_config), []
    for change in run.changes:
        stretches += session.advance("step", change.global_step - session.global_step)
        session.change(**change.settings)
    stretches += session.advance("step", run.global_step - session.global_step)
    columns = zip(*(s.steps for s in stretches if len(s.steps.action)), strict=True)
    return StepColumns(*map(np.concatenate, columns))


# --- Episodes and updates


@EVERY_RUN
@pytest.mark.parametrize("table", MAKERS)
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_table_has_exactly_the_numbers_of_the_session(
    name: str, table: str, file_format: Format
) -> None:
    make, described = MAKERS[table]
    frame = opened(table_bytes(make(contents(name)), file_format), file_format)
    series = getattr(session_of(name).history, table)
    number = described[0].name
    assert list(frame.columns) == [column.name for column in described]
    assert set(frame.columns) == {number, *series.names}
    assert list(frame[number]) == list(range(1, len(series) + 1))
    for column in series.names:
        np.testing.assert_array_equal(frame[column].to_numpy(float), series[column])


def test_a_missing_number_is_an_empty_cell_and_null() -> None:
    run = contents("shared")  # most episodes have no reading
    missing = np.isnan(run.episodes.columns["reading"])
    lines = table_bytes(episodes_table(run), "csv").decode().splitlines()
    assert lines[0] == "episode,global_step,episode_return,length,reading"
    assert [line.endswith(",") for line in lines[1:]] == missing.tolist()
    file = pyarrow.parquet.read_table(io.BytesIO(table_bytes(episodes_table(run), "parquet")))
    assert file["reading"].null_count == missing.sum() > 0


def test_rows_that_the_run_did_not_keep_have_no_number() -> None:
    run = contents("shared")
    columns = {name: column[::4] for name, column in run.updates.columns.items()}
    thinned = dataclasses.replace(run.updates, columns=columns, stride=4)
    frame = updates_table(dataclasses.replace(run, updates=thinned)).to_pandas()
    # This agent has one update at each step.
    assert list(frame["update"]) == list(frame["global_step"]) == list(range(1, 2_001, 4))


@pytest.mark.parametrize("name", ["reinforce", "split with replay", "greedy"])
def test_one_source_describes_the_columns(name: str) -> None:
    run = contents(name)
    described = {
        "episodes": EPISODES,
        "updates": UPDATES,
        "steps": step_columns(run.initial_config),
    }
    files = {table: table_bytes(make(run), "parquet") for table, (make, _) in MAKERS.items()}
    files["steps"] = both_formats(run)["parquet"]
    text = data_dictionary(run, with_steps=True)
    for table, columns in described.items():
        schema = pyarrow.parquet.read_schema(io.BytesIO(files[table]))
        section = text.split(f"## `{table}`")[1].split("##")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert len(schema) == len(columns) == len(rows)
        for column, field, row in zip(columns, schema, rows, strict=True):
            assert field.metadata == {
                b"meaning": column.meaning.encode(),
                b"unit": column.unit.encode(),
            }
            assert np.dtype(field.type.to_pandas_dtype()) == column.type
            assert row == row_of(column)
    assert "## `steps`" not in data_dictionary(run, with_steps=False)


def row_of(column: Column) -> str:
    meaning = column.meaning.replace("|", "\\|")
    return f"| `{column.name}` | {meaning} | {column.unit} | {column.type} |"


# --- Steps


@pytest.mark.parametrize("name", ["reinforce", "split with replay", "diverged", "reference"])
def test_the_steps_are_those_of_the_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "ROWS", 640)
    known, files = recorded_steps(name), both_formats(contents(name))
    groups = pyarrow.parquet.ParquetFile(io.BytesIO(files["parquet"])).metadata
    assert groups.num_row_groups == -(-len(known.action) // 640)
    for file_format, data in files.items():
        frame = opened(data, file_format)
        for column in ("global_step", "episode", "action", "log_prob", "reward", "terminated"):
            np.testing.assert_array_equal(frame[column], getattr(known, column))
        for prefix, wide in (
            ("observation", known.observation),
            ("probability", known.action_probabilities),
            ("next_observation", known.next_observation),
        ):
            for i, column in enumerate(wide.T):
                np.testing.assert_array_equal(frame[f"{prefix}_{i}"], column)


def test_the_same_run_gives_the_same_bytes() -> None:
    assert both_formats(contents("reinforce")) == both_formats(contents("reinforce"))


def test_a_run_without_steps_gives_a_table_without_rows() -> None:
    for file_format, data in both_formats(contents("not begun")).items():
        assert len(opened(data, file_format)) == 0


def test_progress_is_reported_and_can_cancel() -> None:
    reports: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        reports.append((done, total))
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_steps(contents("reinforce"), {"csv": io.BytesIO()}, stop)
    assert reports[0] == (0, 3_000)
    assert 0 < reports[1][0] <= 3_000
    assert len(reports) == 2


def _other_return(run: RunContents) -> RunContents:
    columns = run.episodes.columns
    returns = columns["episode_return"].copy()
    returns[5] += 1
    table = dataclasses.replace(run.episodes, columns={**columns, "episode_return": returns})
    return dataclasses.replace(run, episodes=table)


def _other_observation(run: RunContents) -> RunContents:
    arrays = {**run.state.arrays, "observation": run.state.arrays["observation"] + 1e-6}
    return dataclasses.replace(run, state=dataclasses.replace(run.state, arrays=arrays))


def _longer_than_possible(run: RunContents) -> RunContents:
    facts = {**run.state.facts, "global_step": 10_000}
    return dataclasses.replace(run, state=dataclasses.replace(run.state, facts=facts))


def _changes_in_disorder(run: RunContents) -> RunContents:
    return dataclasses.replace(run, changes=run.changes[::-1])


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("reinforce", _other_return),
        ("reinforce", _other_observation),
        ("solved", _longer_than_possible),
        ("reinforce", _changes_in_disorder),
    ],
)
def test_a_run_that_cannot_be_repeated_is_refused(name: str, spoil: Any) -> None:
    with pytest.raises(CannotRepeat):
        both_formats(spoil(contents(name)))


# --- TensorBoard


def events(run: RunContents, folder: Path) -> EventAccumulator:
    """What TensorBoard reads."""
    data = tensorboard_events.tensorboard_events(run, written_at=1e9)
    (folder / tensorboard_events.FILE_NAME).write_bytes(data)
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return accumulator


@pytest.mark.parametrize("name", ["reinforce", "shared"])
def test_tensorboard_shows_the_curves_of_the_session(name: str, tmp_path: Path) -> None:
    found, history = events(contents(name), tmp_path), session_of(name).history
    returns, lengths = history.episodes["episode_return"], history.episodes["length"]
    naive = {
        "rollout/ep_rew_mean": [
            returns[max(0, i - 99) : i + 1].mean() for i in range(len(returns))
        ],
        "rollout/ep_len_mean": [
            lengths[max(0, i - 99) : i + 1].mean() for i in range(len(returns))
        ],
    }
    assert len(returns) > 100
    for tag, means in naive.items():
        points = found.Scalars(tag)
        assert [point.step for point in points] == history.episodes["global_step"].tolist()
        np.testing.assert_allclose([point.value for point in points], means, rtol=1e-6)
    updates = {
        "train/policy_loss": history.updates["actor_loss"],
        "train/value_loss": history.updates["critic_loss"],
        "train/entropy_loss": -history.updates["entropy"],
        "pglab/cosine": history.updates["cosine"],
    }
    for tag, column in updates.items():
        known = ~np.isnan(column)
        points = found.Scalars(tag) if known.any() else []
        assert [p.step for p in points] == history.updates["global_step"][known].tolist()
        assert [p.value for p in points] == column[known].astype(np.float32).tolist()
    assert {point.wall_time for point in found.Scalars("train/policy_loss")} == {1e9}


def test_tensorboard_shows_the_learning_rate_of_each_update(tmp_path: Path) -> None:
    points = events(contents("reinforce"), tmp_path).Scalars("train/learning_rate")
    for point in points:
        expected = 0.001 if point.step <= 1_500 else 0.01 if point.step <= 2_200 else 0.002
        assert point.value == np.float32(expected)
    assert len({point.value for point in points}) == 3


@EVERY_RUN
def test_all_tags_are_in_the_data_dictionary(name: str, tmp_path: Path) -> None:
    tags = events(contents(name), tmp_path).Tags()["scalars"]
    text = data_dictionary(contents(name), with_steps=False)
    assert [tag for tag in tags if f"| `{tag}` |" not in text] == []
    assert ("train/entropy_loss" in tags) == (session_of(name).history.updates.appended > 0)
    assert ("rollout/ep_rew_mean" in tags) == (session_of(name).history.episodes.appended > 0)


def test_events_depend_only_on_the_run_and_the_date() -> None:
    first, second, later = (
        tensorboard_events.tensorboard_events(contents("reinforce"), written_at)
        for written_at in (5.0, 5.0, 6.0)
    )
    assert first == second != later
