"""Trains a run again, and writes a table with each environment step of this run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pglab.language import _
from pglab.library.contents import RunContents
from pglab.library.tables.columns import step_columns
from pglab.library.tables.tables import Format, TableWriter, schema_of, table_of
from pglab.session.training_session import TrainingSession
from pglab.stretch import StepColumns, Stretch

ROWS = 8_192  # of one part, so that the memory does not grow with the length of the run
SECONDS_PER_REPORT = 0.1

ReportSteps = Callable[[int, int], None]  # gets the steps that are done, and all steps


class CannotRepeat(RuntimeError):
    """The run cannot be repeated here; the message is a sentence for the visitor."""


def write_steps(
    contents: RunContents, sinks: Mapping[Format, BinaryIO], progress: ReportSteps
) -> None:
    """Train the run again, and write a row for each of its environment steps.

    Args:
        contents: the run.
        sinks: for each format, a file that is open for writing.
        progress: a function that is called several times a second. It can raise an error to cancel
            the work. Then this function raises the same error, and the files stay incomplete.

    Raises:
        ConfigError: the environment cannot be used.
        CannotRepeat: the repeated training gives a different run.
    """
    columns = step_columns(contents.initial_config)
    schema = schema_of(columns)
    with ExitStack() as stack:
        writers = [
            stack.enter_context(TableWriter(sink, file_format, schema))
            for file_format, sink in sinks.items()
        ]
        for steps in _steps_in_parts(contents, progress):
            table = table_of(columns, _by_name(steps))
            for writer in writers:
                writer.write(table)


def _steps_in_parts(contents: RunContents, progress: ReportSteps) -> Iterator[StepColumns]:
    """Train the run again, and yield its steps in parts of at most `ROWS` steps."""
    session = TrainingSession(contents.initial_config, can_rewind=False)
    changes, end = list(contents.changes), contents.global_step
    part: list[Stretch] = []
    progress(0, end)
    while session.global_step < end:
        while changes and changes[0].global_step == session.global_step:
            session.change(**changes.pop(0).settings)
        part_end = (session.global_step // ROWS + 1) * ROWS
        until = min(part_end, end, *(change.global_step for change in changes[:1]))
        if session.finished or until <= session.global_step:
            raise _cannot_repeat()
        part += session.advance("step", until - session.global_step, seconds=SECONDS_PER_REPORT)
        _require_same_episodes(session, contents, first=len(session.history.episodes) - 1)
        progress(session.global_step, end)
        if session.global_step in (part_end, end):
            yield _joined(part)
            part = []
    _require_same_end(session, contents)


def _require_same_episodes(session: TrainingSession, contents: RunContents, first: int) -> None:
    """Raise an error if any episode from row `first` on differs from the stored episode."""
    episodes, stored = session.history.episodes, contents.episodes.columns
    rows = slice(max(0, first), len(episodes))
    for name in episodes.names:
        if not np.array_equal(episodes[name][rows], stored[name][rows], equal_nan=True):
            raise _cannot_repeat()


def _require_same_end(session: TrainingSession, contents: RunContents) -> None:
    _require_same_episodes(session, contents, first=0)
    run, stored = session.present_run(), contents.state
    counted = {name: getattr(run, name) for name in ("episodes", "updates", "episode_return")}
    same = np.array_equal(run.observation, stored.arrays["observation"], equal_nan=True)
    if not same or any(stored.facts[name] != number for name, number in counted.items()):
        raise _cannot_repeat()


def _cannot_repeat() -> CannotRepeat:
    return CannotRepeat(
        _(
            "The steps of this run cannot be computed again here, because another machine or other "
            "package versions round differently. Export the steps on the machine that trained the "
            "run."
        )
    )


def _joined(part: list[Stretch]) -> StepColumns:
    columns = zip(*(stretch.steps for stretch in part if len(stretch.steps.action)), strict=True)
    return StepColumns(*map(np.concatenate, columns))


def _by_name(steps: StepColumns) -> dict[str, NDArray[Any]]:
    """Return the columns [N] by name; each coordinate of an observation has its own column."""
    named = {
        "observation": steps.observation,
        "probability": steps.action_probabilities,
        "next_observation": steps.next_observation,
    }
    return {
        **steps._asdict(),
        **{
            f"{name}_{i}": array[:, i]
            for name, array in named.items()
            for i in range(array.shape[1])
        },
    }
