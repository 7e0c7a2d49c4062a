"""Counts the members of a room at each lesson step, and the answers of the class."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pglab.classroom.lesson import ChoiceQuestion, Lesson, Question
from pglab.classroom.progress import Answer, ChoiceAnswer, SketchAnswer
from pglab.classroom.room.answer_facts import stored_answer
from pglab.classroom.room.opening import Room
from pglab.curves import Numbers, UsualBand
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.rooms import answers, polling
from pglab.library.store.rooms.polling import StepRow

_POINTS = 61  # of the band of sketches


@dataclass(frozen=True)
class Tally:
    """The counted answers of the class to a question."""

    answered: int  # members
    counts: tuple[int, ...] = ()  # how many members have chosen each choice
    band: UsualBand | None = None  # median and quartiles of at least one sketch


@dataclass(frozen=True)
class StepCount:
    """How many members are at a lesson step, and how many have answered in it."""

    step: int  # from 1
    here: int
    present: int  # of those who are here, without those who seem to be away
    answered: int


def tally(library: Library, room: Room, step: int) -> Tally:
    """Count how the class has answered the question of a lesson step.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    counted = library.read(lambda connection: answers.counted(connection, room.room, step))
    return tally_of(counted, room.lesson.steps[step - 1].question)


def tally_of(counted: Mapping[str, int], question: Question | None) -> Tally:
    """Sum up stored answers; `counted` says how many members have given each answer."""
    read = [(stored_answer(text, question), members) for text, members in counted.items()]
    fitting: list[tuple[Answer, int]] = [(a, members) for a, members in read if a is not None]
    answered = sum(members for _answer, members in fitting)
    if isinstance(question, ChoiceQuestion):
        counts = np.zeros(len(question.choices), dtype=int)
        for answer, members in fitting:
            if isinstance(answer, ChoiceAnswer):
                counts[list(answer.chosen)] += members
        return Tally(answered, counts=tuple(counts.tolist()))
    sketches = [
        answer
        for answer, members in fitting
        if isinstance(answer, SketchAnswer)
        for _member in range(members)
    ]
    return Tally(answered, band=band_of_sketches(sketches))


def band_of_sketches(sketches: Sequence[SketchAnswer]) -> UsualBand | None:
    """Compute the median and quartiles of sketches at the steps of a grid.

    Steps at which fewer than half of the sketches have a value are left out. The result is None
    if no step remains. Between two neighbouring points, a sketch is a straight line.
    """
    if not sketches:
        return None
    points = [np.array(sorted(sketch.points)) for sketch in sketches]
    # Medians, so that a few very long sketches do not stretch the band.
    start = np.median([curve[0, 0] for curve in points])
    end = np.median([curve[-1, 0] for curve in points])
    grid = np.unique(np.linspace(start, end, _POINTS))
    values = np.stack([_on_grid(curve, grid) for curve in points])
    known = (~np.isnan(values)).sum(axis=0)
    shown = 2 * known >= len(points)
    if not shown.any():
        return None
    low, median, high = np.nanquantile(values[:, shown], [0.25, 0.5, 0.75], axis=0)
    label = _("median of {n} sketches").format(n=len(points))
    return UsualBand(grid[shown], low, median, high, label, known[shown])


def _on_grid(curve: Numbers, grid: Numbers) -> NDArray[np.float64]:
    """Return the values [G] of a sketch [P, 2] at the steps of a grid; NaN outside the sketch."""
    values: NDArray[np.float64] = np.interp(
        grid, curve[:, 0], curve[:, 1], left=np.nan, right=np.nan
    )
    return values


def step_counts(library: Library, room: Room) -> tuple[StepCount, ...]:
    """Count how many members are at each step of the room's lesson, and how many have answered.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    rows = library.read(lambda c: polling.step_rows(c, room.room, time.time()))
    return counts_of(rows, room.lesson)


def counts_of(rows: Mapping[int, StepRow], lesson: Lesson) -> tuple[StepCount, ...]:
    """Return the counts of all steps of a lesson; a step that is missing in `rows` has zeros."""
    return tuple(
        StepCount(step, row.here, row.present, row.answered)
        for step in range(1, len(lesson.steps) + 1)
        for row in [rows.get(step, StepRow(step, 0, 0, 0))]
    )
