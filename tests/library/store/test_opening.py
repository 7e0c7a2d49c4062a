"""What goes wrong with the database becomes a sentence, and no file is lost."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import platformdirs
import psycopg
import pytest
from sqlalchemy import URL, inspect, select, update
from sqlalchemy.exc import DBAPIError

from pglab.library.store import opening, results, visits
from pglab.library.store.library import Library
from pglab.library.store.migrations import MIGRATIONS, migrate
from pglab.library.store.opening import VARIABLE, open_library
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.store.rooms import contributions
from pglab.library.store.runs import saving
from pglab.library.store.tables import metadata, runs, schema
from tests.library.store.samples import ADA, address, blocks_at, invented, result_key

LESSON = "0123456789ABCDEF"  # the address of a lesson
WRITING: dict[str, Callable[[Library], object]] = {
    "save": lambda library: library.save(invented(data=b"other")),
    "take_over": lambda library: library.take_over(address(), ADA, "tab"),
    "annotate": lambda library: library.annotate(ADA, address(), name="name"),
    "delete": lambda library: library.delete(ADA, [address()]),
    "save_visit": lambda library: library.save_visit("key", "{}"),
    "save_results": lambda library: library.save_results({result_key(): b"data"}),
    "save_lesson": lambda library: library.save_lesson(ADA, "title", "content"),
    "delete_lesson": lambda library: library.delete_lesson(ADA, LESSON),
    "save_progress": lambda library: library.save_progress(ADA, "lesson", "{}"),
    "tidy": lambda library: library.tidy(),
}
EVERYTHING = WRITING | {
    "load": lambda library: library.load(address()),
    "runs_of": lambda library: library.runs_of(ADA),
    "load_visit": lambda library: library.load_visit("key"),
    "load_results": lambda library: library.load_results([result_key()]),
    "load_lesson": lambda library: library.load_lesson(LESSON),
    "lessons_of": lambda library: library.lessons_of(ADA),
    "load_progress": lambda library: library.load_progress(ADA, "lesson"),
}


def problems_of(library: Library, operations: dict[str, Callable[[Library], object]]) -> set[str]:
    """The sentences of operations that must all fail."""
    found = set()
    for operation in operations.values():
        with pytest.raises(LibraryUnavailable) as caught:
            operation(library)
        found.add(str(caught.value))
    return found


def address_of(file: Path) -> str:
    return URL.create("sqlite", database=str(file)).render_as_string()


def run_sql(library: Library, command: str) -> None:
    with library._writing.begin() as connection:
        connection.exec_driver_sql(command)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database of SQLite with one run."""
    file = tmp_path / "folder to be made" / "runs & more?.sqlite3"
    with closing(open_library(address_of(file))) as library:
        library.save(invented(blocks=blocks_at(100_000, 50_000)))
    return file


# --- Where the library is


def test_the_default_is_a_file_in_the_users_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / name)
    with closing(open_library()) as library:
        library.save(invented())
        with library._reading.begin() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    assert (tmp_path / "pglab" / "runs.sqlite3").exists()
    assert mode == "wal"


def test_the_environment_names_another_database(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(VARIABLE, url)
    with closing(open_library()) as library:
        library.save(invented())
    with closing(open_library(url)) as library:
        assert library.notice is None
        assert library.load(address()) is not None


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite://", "mysql://host/db", "postgresql://host:port/db", "a://b"]
)
def test_an_unusable_address_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(LibraryUnavailable, match="PGLAB_DATABASE_URL does not name a usable"):
        open_library()


def test_a_missing_server_is_a_sentence_without_the_password(tmp_path: Path) -> None:
    for place in (f"/database?host={tmp_path}", "127.0.0.1:1/database"):
        with pytest.raises(LibraryUnavailable) as caught:
            open_library(f"postgresql://user:secret@{place}")
        assert "The database of runs does not answer" in str(caught.value)
        assert "secret" not in str(caught.value)


# --- The disk


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "runs.sqlite3", tmp_path):
        with pytest.raises(LibraryUnavailable, match="may not write the database of runs"):
            open_library(address_of(place))


def test_a_database_that_can_only_be_read(library: Library, url: str) -> None:
    library.save(invented())
    if url.startswith("sqlite"):
        run_sql(library, "PRAGMA query_only = ON")
        (problem,) = problems_of(library, WRITING)
    else:
        read_only = url.replace("options=", "options=-cdefault_transaction_read_only%3Don%20")
        with pytest.raises(LibraryUnavailable) as caught:
            open_library(read_only)
        problem = str(caught.value)
    assert "may not write the database of runs" in problem
    assert library.load(address()) is not None


def test_a_full_disk(file: Path) -> None:
    with closing(open_library(address_of(file))) as library:
        run_sql(library, "PRAGMA max_page_count = 1")  # SQLite allows the present number of pages
        with pytest.raises(LibraryUnavailable, match="The disk is full, so runs are not saved"):
            library.save(invented(data=bytes(10_000_000)))
        stored = library.load(address())
        assert stored is not None
        assert stored.data == b"data"
        run_sql(library, "PRAGMA max_page_count = 1000000")
        library.save(invented(data=bytes(10_000_000)))


# --- Other programs


def test_a_locked_database(monkeypatch: pytest.MonkeyPatch, library: Library, url: str) -> None:
    monkeypatch.setattr(opening, "_PATIENCE", 0 if url.startswith("sqlite") else 1)
    library.save(invented())
    with closing(open_library(url)) as impatient:
        with library._writing.begin() as other:
            other.exec_driver_sql("UPDATE pglab_runs SET seed = 1")
            with pytest.raises(LibraryUnavailable, match="Another program has locked"):
                impatient.save(invented(data=b"other"))
            assert impatient.load(address()) is not None
            if url.startswith("sqlite"):
                with pytest.raises(LibraryUnavailable, match="Another program has locked"):
                    open_library(url)
        impatient.save(invented(data=b"other"))


def test_a_lost_connection_is_made_again(library: Library, url: str) -> None:
    library.save(invented())
    if not url.startswith("sqlite"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid != pg_backend_pid() AND backend_type = 'client backend'"
            )
    library.save(invented(data=b"other"))


def test_every_operation_reports_missing_tables(library: Library) -> None:
    library.save(invented())
    for table in reversed(metadata.sorted_tables):
        run_sql(library, f"DROP TABLE {table.name}")
    (problem,) = problems_of(library, EVERYTHING)
    assert "The database of runs refuses this command" in problem


# --- Damage


def overwrite_all(file: Path) -> None:
    file.write_bytes(b"This is no database. " * 1_000)


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20_000])


def overwrite_a_page(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[8_192:12_288] = bytes(range(256)) * 16
    file.write_bytes(data)


@pytest.mark.parametrize("damage", [overwrite_all, cut_off, overwrite_a_page])
def test_a_damaged_file_is_set_aside(file: Path, damage: Callable[[Path], None]) -> None:
    damage(file)
    Path(f"{file}-wal").write_bytes(b"log")
    for known in ([], [address()]):
        before = file.read_bytes()
        with closing(open_library(address_of(file))) as library:
            assert [row.address for row in library.runs_of(ADA)] == []
            library.save(invented())
            assert library.notice is not None
            kept = Path(library.notice.partition("is kept as ")[2].removesuffix("."))
        assert kept.name.startswith(f"{file.name}.damaged-20")
        assert kept.read_bytes() == before
        assert known or Path(f"{kept}-wal").read_bytes() == b"log"
        with closing(open_library(address_of(file))) as library:
            assert library.notice is None
            assert [row.address for row in library.runs_of(ADA)] == [address()]
        damage(file)
    names = [kept.name for kept in file.parent.glob("*.damaged-*")]
    assert len([name for name in names if not name.endswith(("-wal", "-shm"))]) == 2


def test_damage_that_appears_later(file: Path) -> None:
    with closing(open_library(address_of(file))) as library:
        library.close()  # the next operation opens the file again
        overwrite_all(file)
        (problem,) = problems_of(library, EVERYTHING)
    assert "is damaged" in problem
    assert str(file) in problem


def test_a_full_disk_when_the_library_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_space(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", no_space)
    with pytest.raises(LibraryUnavailable, match="The disk is full"):
        open_library(address_of(tmp_path / "folder" / "runs.sqlite3"))


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    file = tmp_path / "runs.sqlite3"
    file.touch()
    with closing(open_library(address_of(file))) as library:
        assert library.notice is None
        library.save(invented())


# --- Versions


def test_the_migrations_make_the_tables_of_the_code(library: Library) -> None:
    found = inspect(library._reading)
    for name, table in metadata.tables.items():
        made = {column["name"]: column for column in found.get_columns(name)}
        assert made.keys() == set(table.columns.keys())
        for column in table.columns:
            kind = str(made[column.name]["type"]).replace("REAL", "DOUBLE")  # SQLite's word
            expected = column.type.compile(library._reading.dialect)
            assert kind.removesuffix(" PRECISION") == expected.removesuffix(" PRECISION")
            assert made[column.name]["nullable"] == column.nullable
        indices = {index["name"]: index["column_names"] for index in found.get_indexes(name)}
        assert indices == {index.name: index.columns.keys() for index in table.indexes}
        primary = found.get_pk_constraint(name)["constrained_columns"]
        assert primary == table.primary_key.columns.keys()


NEXT = ("ALTER TABLE pglab_runs ADD COLUMN colour TEXT", "UPDATE pglab_runs SET colour = 'red'")


def test_an_older_database_is_migrated_with_its_runs(library: Library) -> None:
    library.save(invented())
    migrate(library._writing, [*MIGRATIONS, NEXT, ("ALTER TABLE pglab_runs DROP COLUMN seed",)])
    columns = [column["name"] for column in inspect(library._reading).get_columns(runs.name)]
    assert ("colour" in columns, "seed" in columns) == (True, False)
    with library._reading.begin() as connection:
        rows = connection.exec_driver_sql("SELECT address, colour FROM pglab_runs").all()
        assert [tuple(row) for row in rows] == [(address(), "red")]
        assert connection.scalar(select(schema.c.version)) == len(MIGRATIONS) + 2


def test_a_database_of_version_1_gets_the_table_of_results(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    run = invented(blocks=blocks_at(3_000, 2_000))
    with monkeypatch.context() as patch:
        patch.setattr(opening, "migrate", lambda engine: migrate(engine, MIGRATIONS[:1]))
        with closing(open_library(url)) as old, old._writing.begin() as connection:
            saving.save(connection, run, 1.0)
            visits.save(connection, "key", "[1]", 1.0)
            assert not inspect(connection).has_table("pglab_results")
            assert connection.scalar(select(schema.c.version)) == 1
    for number in range(2):  # the second time, the database has the newest version already
        with closing(open_library(url)) as library:
            stored = library.load(address())
            assert stored is not None
            assert (stored.data, stored.blocks) == (run.data, run.blocks)
            assert library.load_visit("key") == "[1]"
            assert len(library.load_results([result_key()])) == number
            with library._writing.begin() as connection:
                results.save(connection, {result_key(): b"data"}, 1.0)


ROOM_OF_VERSION_4 = (
    """
    INSERT INTO pglab_rooms VALUES ('r', 'c', 'x', 'k', 'o', 0, 9e9, NULL, 0, 0, 1, 'paced', 1,
        '[]', FALSE, '{}')
    """,
    "INSERT INTO pglab_room_members VALUES ('r', 2, 'h', 'Ann', 1, 0, 0, 0)",
    "INSERT INTO pglab_room_plans VALUES ('r', 1, 'plan')",
    "INSERT INTO pglab_room_runs VALUES ('r', 1, 2, 0.5, 8, 300, FALSE, '', 1, 9.0)",
)


def test_a_database_of_version_4_keeps_the_runs_of_rooms(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(opening, "migrate", lambda engine: migrate(engine, MIGRATIONS[:4]))
        with closing(open_library(url)) as old:
            for command in ROOM_OF_VERSION_4:
                run_sql(old, command)
    with closing(open_library(url)) as library, library._reading.begin() as connection:
        training = contributions.load_training(connection, "r", 1)
        (kept,) = contributions.runs_of(connection, "r", 1)
    assert training == contributions.TrainingRow(1, "plan", None)
    assert (kept.number, kept.value, kept.seed, kept.global_step) == (2, 0.5, 8, 300)


def test_a_migration_that_fails_changes_nothing(library: Library) -> None:
    library.save(invented())
    with pytest.raises(DBAPIError):
        migrate(library._writing, [*MIGRATIONS, (*NEXT, "nonsense")])
    with library._reading.begin() as connection:
        assert connection.scalar(select(schema.c.version)) == len(MIGRATIONS)
    assert "colour" not in [c["name"] for c in inspect(library._reading).get_columns(runs.name)]
    assert library.load(address()) is not None


def test_a_newer_database_is_not_touched(library: Library, url: str) -> None:
    library.save(invented())
    with library._writing.begin() as connection:
        connection.execute(update(schema).values(version=len(MIGRATIONS) + 1))
    library.close()
    before = snapshot(url)
    with pytest.raises(LibraryUnavailable, match="A newer version of the app has changed"):
        open_library(url)
    assert snapshot(url) == before


def snapshot(url: str) -> object:
    """The bytes of the file, or when a row of the server was last written."""
    if url.startswith("sqlite"):
        return Path(url.removeprefix("sqlite:///")).read_bytes()
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT xmin, * FROM pglab_schema").fetchall()
