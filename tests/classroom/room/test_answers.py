"""Answers: one of each member and step, none lost and none doubled, and how they are counted."""

from __future__ import annotations

import multiprocessing
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest

from pglab.classroom.checks import LessonError
from pglab.classroom.progress import Answer, ChoiceAnswer, SketchAnswer
from pglab.classroom.room.answering import give_answer
from pglab.classroom.room.membership import Member, view_of_member
from pglab.classroom.room.opening import delete_room, load_room
from pglab.classroom.room.steering import (
    close_question,
    end_room,
    go_to_step,
    open_question,
    set_mode,
)
from pglab.classroom.room.tallies import StepCount, Tally, band_of_sketches, step_counts, tally
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from tests.classroom.room.rooms import LINE, NO, YES, joined, opened


def outcome_of(library: Library, member: Member, step: int, answer: Answer) -> str:
    """What the member is told: "stored", "known", or the first sentence of the refusal."""
    try:
        return "stored" if give_answer(library, member, step, answer) else "known"
    except LessonError as error:
        return str(error).partition(".")[0]


def counts(library: Library, room: str, step: int = 1) -> tuple[int, ...]:
    return tally(library, load_room(library, room), step).counts


def test_the_first_answer_counts(library: Library) -> None:
    room = opened(library)
    eva = joined(library, room)
    assert outcome_of(library, eva, 1, YES).startswith("The question is closed, so your answer")
    open_question(library, room.key, 1)
    assert outcome_of(library, eva, 1, YES) == "stored"
    assert outcome_of(library, eva, 1, YES) == "known"
    assert outcome_of(library, eva, 1, NO) == "You have answered already"
    close_question(library, room.key, 2)
    assert outcome_of(library, eva, 1, YES) == "known"  # the phone sends it again
    assert outcome_of(library, joined(library, room), 1, YES).startswith("The question is closed")
    assert counts(library, room.room) == (1, 0)
    assert view_of_member(library, eva).answers == {1: YES}


def test_only_the_open_question_of_a_paced_room_takes_answers(file: Library) -> None:
    room = opened(file)
    eva, tom = joined(file, room), joined(file, room)
    open_question(file, room.key, 1)
    assert outcome_of(file, eva, 2, LINE).startswith("The question is closed")
    go_to_step(file, room.key, 2, 2)
    assert outcome_of(file, eva, 1, YES).startswith("The question is closed")
    set_mode(file, room.key, 3, "free")
    assert outcome_of(file, eva, 2, LINE) == "stored"
    assert outcome_of(file, eva, 1, YES).startswith("The question is closed")
    end_room(file, room.key, 4)
    assert outcome_of(file, tom, 2, LINE).startswith("The question is closed")
    delete_room(file, room.key)
    assert outcome_of(file, tom, 2, LINE) == "This room does not exist any more"


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        (1, LINE),
        (2, YES),
        (3, YES),
        (0, YES),
        (4, YES),
        (1, ChoiceAnswer((2,))),
        (1, ChoiceAnswer((True,))),
        (2, SketchAnswer(((0.0, float("nan")), (1.0, 1.0)))),
        (2, SketchAnswer(((0.0, 0.0),) * 201)),
    ],
)
def test_an_answer_must_fit_its_question(file: Library, step: int, answer: Answer) -> None:
    room = opened(file)
    set_mode(file, room.key, 1, "free")
    said = outcome_of(file, joined(file, room), step, answer)
    assert said.startswith(("The answer does not fit", "The number of a choice must be"))


# --- Many at once


def vote(url: str, members: list[Member], begin: object) -> None:
    """Let each member answer from two tabs at once."""
    with closing(open_library(url)) as library, ThreadPoolExecutor(8) as pool:
        begin.wait()  # type: ignore[attr-defined]
        for answer in (YES, NO):
            told = pool.map(lambda m, answer=answer: outcome_of(library, m, 1, answer), members)
            assert len(set(told)) <= 3


def test_processes_and_threads_lose_and_double_no_answer(url: str) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with closing(open_library(url)) as library:
        room = opened(library)
        open_question(library, room.key, 1)
        members = [joined(library, room) for _phone in range(60)]
    begin = context.Barrier(2)
    processes = [context.Process(target=vote, args=(url, members, begin)) for _tab in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    with closing(open_library(url)) as library:
        assert sum(counts(library, room.room)) == 60
        views = [view_of_member(library, member).answers for member in members]
        assert counts(library, room.room) == (views.count({1: YES}), views.count({1: NO}))


def test_no_answer_is_taken_after_the_question_is_closed(library: Library) -> None:
    """What was counted when the question closed is what stays, and what members were told."""
    room = opened(library)
    members = [joined(library, room) for _phone in range(40)]
    open_question(library, room.key, 1)
    with ThreadPoolExecutor(8) as pool:
        told = pool.map(lambda member: outcome_of(library, member, 1, YES), members)
        next(told)
        close_question(library, room.key, 2)
        at_closing = counts(library, room.room)
        stored = 1 + list(told).count("stored")
    assert counts(library, room.room) == at_closing == (stored, 0)


# --- Counting


def test_choices_are_counted(library: Library) -> None:
    room = opened(library)
    members = [joined(library, room) for _phone in range(5)]
    set_mode(library, room.key, 1, "free")
    assert tally(library, load_room(library, room.room), 1) == Tally(0, (0, 0))
    for member, answer in zip(members, [YES, NO, NO, ChoiceAnswer((1, 0))], strict=False):
        give_answer(library, member, 1, answer)
    give_answer(library, members[0], 2, LINE)
    assert tally(library, load_room(library, room.room), 1) == Tally(4, (2, 3))
    assert tally(library, load_room(library, room.room), 3) == Tally(0)
    assert step_counts(library, load_room(library, room.room)) == (
        StepCount(1, 5, 5, 4),
        StepCount(2, 0, 0, 1),
        StepCount(3, 0, 0, 0),
    )


def lines(heights: list[float]) -> Iterator[SketchAnswer]:
    for height in heights:
        yield SketchAnswer(((100.0, 2 * height), (0.0, 0.0)))  # in any order


def test_the_band_of_sketches_is_their_median_and_quartiles(library: Library) -> None:
    heights = [10.0, 20.0, 20.0, 70.0, 90.0]
    room = opened(library)
    set_mode(library, room.key, 1, "free")
    for sketch in lines(heights):
        give_answer(library, joined(library, room), 2, sketch)
    found = tally(library, load_room(library, room.room), 2)
    assert found.answered == 5
    assert found.band is not None
    middle = int(np.flatnonzero(found.band.steps == 50.0)[0])
    expected = statistics.quantiles(heights, n=4, method="inclusive")
    for row, value in zip(
        (found.band.low, found.band.median, found.band.high), expected, strict=True
    ):
        assert row[middle] == pytest.approx(value)


def test_a_wild_sketch_does_not_stretch_the_band() -> None:
    wild = SketchAnswer(((-1e9, 1e9), (1e9, -1e9)))
    band = band_of_sketches([*lines([10.0, 10.0, 10.0]), wild])
    assert band is not None
    assert (band.steps[0], band.steps[-1]) == (0.0, 100.0)
    assert band.median[-1] == 20.0
    upright = SketchAnswer(((5.0, 1.0), (5.0, 2.0)))
    assert band_of_sketches([]) is None
    for sketches in ([upright], [upright, *lines([1.0])], [wild, upright]):
        found = band_of_sketches(sketches)
        assert found is None or np.isfinite(found.median).all()
