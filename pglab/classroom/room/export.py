"""Writes all data of a room as CSV files, which spreadsheets can open."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from pglab.classroom.lesson import ChoiceQuestion, Lesson
from pglab.classroom.progress import ChoiceAnswer, SketchAnswer
from pglab.classroom.room.answer_facts import stored_answer
from pglab.classroom.room.opening import room_of_key
from pglab.classroom.room.own_runs.training import points_of
from pglab.classroom.room.own_runs.training_plan import read_plan
from pglab.library.store.library import Library
from pglab.library.store.rooms import everything
from pglab.library.store.rooms.contributions import chosen_value

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | None
Rows = dict[str, Sequence[Any]]  # what is stored, by the names of the files


def csv_files(library: Library, key: str) -> dict[str, str]:
    """Write the files of a room, by name: answers, progress, runs and returns by hand.

    Members have numbers; their nicknames are in the files only if the room shows nicknames.

    Raises:
        RoomError: no room has this teacher's key.
        LibraryUnavailable: the library cannot be used now.
    """
    room = room_of_key(library, key)

    def load(c: Connection) -> Rows:
        return {
            "progress": everything.members_of(c, room.room),
            "answers": everything.answers_of(c, room.room),
            "runs": everything.runs_of(c, room.room),
            "returns": everything.returns_of(c, room.room),
        }

    rows = library.read(load)
    names = {row.number: row.nickname for row in rows["progress"]} if room.state.names else {}

    def of_member(number: int) -> list[Cell]:
        return [number, names.get(number, "")]

    begin = ["member", "nickname", "lesson_step"]
    answers = [
        [*of_member(row.number), row.step, _answer(row, room.lesson), _time(row.answered)]
        for row in rows["answers"]
    ]
    progress = [
        [*of_member(row.number), row.step, _time(row.joined), _time(row.seen)]
        for row in rows["progress"]
    ]
    runs = [
        [*of_member(row.number), row.step, *_about_run(row), int(step), value]
        for row in rows["runs"]
        for step, value in points_of(row.curve).T.tolist()
    ]
    returns = [
        [*of_member(row.number), row.step, row.best, row.tries, _time(row.saved)]
        for row in rows["returns"]
    ]
    of_run = "training", "setting", "value", "seed", "steps_so_far"
    at = "environment_step", "smoothed_return"
    return {
        "answers.csv": _csv([*begin, "answer", "answered"], answers),
        "progress.csv": _csv([*begin, "joined", "last_seen"], progress),
        "runs.csv": _csv([*begin, *of_run, *at], runs),
        "returns.csv": _csv([*begin, "best_return", "tries", "last_try"], returns),
    }


def csv_zip(library: Library, key: str) -> bytes:
    """Write the files of `csv_files` into one ZIP file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in csv_files(library, key).items():
            archive.writestr(name, text.encode("utf-8-sig"))  # so that Excel reads it as UTF-8
    return packed.getvalue()


def _csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    """Change a text that a spreadsheet would read as a formula; numbers stay as they are."""
    is_formula = isinstance(cell, str) and cell.startswith(_BEGINS_FORMULA)
    return f"'{cell}" if is_formula else cell


def _answer(row: Any, lesson: Lesson) -> str:
    """Write an answer: the texts of the chosen choices, or the points of a sketch as JSON."""
    question = lesson.steps[row.step - 1].question
    match stored_answer(row.answer, question), question:
        case ChoiceAnswer(chosen=chosen), ChoiceQuestion(choices=choices):
            return " | ".join(choices[index] for index in chosen)
        case SketchAnswer(points=points), _question:
            return json.dumps(points)
    return ""


def _about_run(row: Any) -> list[Cell]:
    """Return the number of the training, the chosen setting, its value, the seed and the steps."""
    setting = read_plan(row.plan).setting
    return [row.training, setting, chosen_value(row.chosen), row.seed, row.global_step]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
