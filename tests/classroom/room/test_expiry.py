"""A room's data go after a day, and can be taken along before."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import inspect

from pglab.classroom.room.answering import give_answer
from pglab.classroom.room.export import csv_files, csv_zip
from pglab.classroom.room.membership import join, member_of_key, rename
from pglab.classroom.room.opening import OpenedRoom, delete_room, load_room
from pglab.classroom.room.own_runs.by_hand import note_return
from pglab.classroom.room.own_runs.training import StudentRun, let_train, save_run
from pglab.classroom.room.own_runs.training_plan import TrainingPlan
from pglab.classroom.room.state import RoomError
from pglab.classroom.room.steering import set_mode, show_names
from pglab.config import ReinforceConfig
from pglab.curves import Curve
from pglab.library.store.library import Library
from pglab.library.store.tidying import Quotas
from tests.classroom.room.rooms import LINE, NO, joined, opened, version

HOUR = 3_600.0


def full_room(library: Library) -> OpenedRoom:
    """A room in which two members have left something in each table."""
    room = opened(library)
    plan = TrainingPlan(ReinforceConfig(seed=7), 3_000)
    let_train(library, room.key, 1, plan)
    set_mode(library, room.key, 2, "free")
    members = [joined(library, room, name) for name in ("=HYPERLINK(1)", "@Tom")]
    for member in members:
        give_answer(library, member, 1, NO)
        give_answer(library, member, 2, LINE)
        curve = Curve(np.array([20.0, 100.0]), np.array([-20.0, 30.5]))
        save_run(library, member, 1, plan, StudentRun(6 + member.number, None, 100, False, curve))
        note_return(library, member, 3, -80.0)
    return room


def rows_by_table(library: Library) -> dict[str, int]:
    """The number of rows in each table of rooms."""
    with library._reading.begin() as connection:
        tables = [name for name in inspect(connection).get_table_names() if "room" in name]
        return {
            name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
            for name in tables
        }


def test_all_data_of_a_room_go_when_its_time_is_over(
    library: Library, monkeypatch: pytest.MonkeyPatch, later: Callable[[float], None]
) -> None:
    monkeypatch.setattr(library, "quotas", Quotas(room_hours=2))
    room = full_room(library)
    eva = join(library, room.full_code, visitor="x")
    with pytest.raises(RoomError):
        join(library, "0000A", visitor="x")
    assert min(rows_by_table(library).values()) > 0
    assert len(rows_by_table(library)) == 9
    later(2 * HOUR - 60)
    library.tidy()
    assert load_room(library, room.room).expires
    later(61)
    # It is gone at once, even before it is deleted.
    assert member_of_key(library, eva.key) is None
    for attempt in (
        lambda: load_room(library, room.room),
        lambda: csv_files(library, room.key),
        lambda: give_answer(library, eva.member, 1, NO),
        lambda: join(library, room.full_code, visitor="x"),
    ):
        with pytest.raises(RoomError):
            attempt()
    library.tidy()
    left = rows_by_table(library)
    assert left.pop("pglab_room_codes") == left.pop("pglab_room_guesses") == 1
    assert set(left.values()) == {0}
    later(24 * HOUR)
    library.tidy()
    assert set(rows_by_table(library).values()) == {0}


def test_a_teacher_deletes_everything_at_once(library: Library) -> None:
    room, other = full_room(library), full_room(library)
    before = rows_by_table(library)
    delete_room(library, room.key)
    not_of_room = ("pglab_room_codes", "pglab_room_joins")
    halves = {name: rows / 2 for name, rows in before.items() if name not in not_of_room}
    after = rows_by_table(library)
    assert {name: after[name] for name in halves} == halves
    assert load_room(library, other.room)


def test_opening_a_room_deletes_old_ones(file: Library, later: Callable[[float], None]) -> None:
    full_room(file)
    later(25 * HOUR)
    opened(file)
    assert rows_by_table(file)["pglab_rooms"] == 1
    assert rows_by_table(file)["pglab_room_members"] == 0


# --- Export


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_files_contain_everything(library: Library) -> None:
    files = {name: read(text) for name, text in csv_files(library, full_room(library).key).items()}
    answers, runs = files["answers.csv"], files["runs.csv"]
    assert [(row["member"], row["lesson_step"], row["answer"]) for row in answers] == [
        ("1", "1", "'=No"),
        ("2", "1", "'=No"),
        ("1", "2", "[[0.0, 0.0], [100.0, 50.0]]"),
        ("2", "2", "[[0.0, 0.0], [100.0, 50.0]]"),
    ]
    assert [row["lesson_step"] for row in files["progress.csv"]] == ["1", "1"]
    curve = [(row["environment_step"], row["smoothed_return"]) for row in runs]
    assert curve == [("20", "-20.0"), ("100", "30.5")] * 2  # numbers stay numbers
    assert [row["seed"] for row in runs] == ["7", "7", "8", "8"]
    assert [row["best_return"] for row in files["returns.csv"]] == ["-80.0", "-80.0"]
    assert {row["nickname"] for rows in files.values() for row in rows} == {""}
    assert answers[0]["answered"].endswith("+00:00")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", '=a,b"c'])
def test_no_cell_is_a_formula(file: Library, name: str) -> None:
    room = full_room(file)
    show_names(file, room.key, version(file, room), True)
    rename(file, joined(file, room), name)
    nicknames = [row["nickname"] for row in read(csv_files(file, room.key)["progress.csv"])]
    assert nicknames == ["'=HYPERLINK(1)", "'@Tom", f"'{name}"]


def test_one_zip_file_has_all_files(file: Library) -> None:
    room = full_room(file)
    with zipfile.ZipFile(io.BytesIO(csv_zip(file, room.key))) as archive:
        found = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert found == csv_files(file, room.key)
