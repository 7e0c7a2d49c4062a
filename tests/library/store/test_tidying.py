"""The oldest runs and results go when the library holds too much; pinned runs stay."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from pglab.library.store import results
from pglab.library.store.library import Library
from pglab.library.store.tables import runs, visits
from pglab.library.store.tidying import Quotas
from tests.library.store.samples import ADA, BOB, address, invented, result_key

DAY = 86_400


def left(library: Library) -> list[int]:
    with library._reading.begin() as connection:
        return sorted(int(text) for text in connection.scalars(select(runs.c.address)))


def set_quotas(monkeypatch: pytest.MonkeyPatch, library: Library, quotas: Quotas) -> None:
    monkeypatch.setattr(library, "quotas", quotas)


def make_older(library: Library, days: float, *numbers: int) -> None:
    with library._writing.begin() as connection:
        older = update(runs).values(saved=runs.c.saved - days * DAY)
        chosen = runs.c.address.in_([address(number) for number in numbers])
        connection.execute(older.where(chosen))


def test_an_owner_has_so_many_runs(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    for number in range(1, 6):
        library.save(invented(number))
    library.save(invented(6, owner=BOB))
    library.annotate(ADA, address(1), pinned=True)
    make_older(library, 1, 5)  # so it is older than all others
    set_quotas(monkeypatch, library, Quotas(runs=2))
    assert library.tidy() == 2
    assert left(library) == [1, 3, 4, 6]
    assert library.tidy() == 0


def test_an_owner_has_so_many_bytes(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    for number in range(1, 5):
        library.save(invented(number, data=bytes(400_000)))
    library.save(invented(5, owner=BOB, data=bytes(1_200_000)))
    library.annotate(ADA, address(1), pinned=True)
    set_quotas(monkeypatch, library, Quotas(megabytes=1))
    assert library.tidy() == 1
    # Run 5 is too large, but it is Bob's newest, so he may be training it.
    assert left(library) == [1, 3, 4, 5]


def test_the_whole_library_has_so_many_bytes(
    monkeypatch: pytest.MonkeyPatch, library: Library
) -> None:
    for number in range(1, 5):
        owner = ADA if number % 2 else BOB
        library.save(invented(number, owner=owner, data=bytes(400_000)))
    library.annotate(ADA, address(1), pinned=True)
    set_quotas(monkeypatch, library, Quotas(all_megabytes=1))
    assert library.tidy() == 2
    assert left(library) == [1, 4]


def test_old_runs_and_visits_go(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    for number in (1, 2, 3):
        library.save(invented(number))
    library.save_visit("old", "{}")
    library.save_visit("new", "{}")
    library.annotate(ADA, address(1), pinned=True)
    make_older(library, 10.1, 1, 2)
    make_older(library, 9.9, 3)
    with library._writing.begin() as connection:
        old = select(visits.c.key_hash).order_by(visits.c.saved).limit(1).scalar_subquery()
        connection.execute(update(visits).where(visits.c.key_hash == old).values(saved=0))
    set_quotas(monkeypatch, library, Quotas(days=10))
    assert library.tidy() == 1
    assert left(library) == [1, 3]
    assert library.load_visit("old") is None
    assert library.load_visit("new") == "{}"


def test_the_library_has_so_many_results(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    library.save(invented())
    with library._writing.begin() as connection:
        for number, saved in enumerate([30.0, 10.0, 40.0, 20.0]):
            results.save(connection, {result_key(number): b"data"}, saved)
    for most, expected in [(4, [0, 1, 2, 3]), (3, [0, 2, 3]), (1, [2]), (1, [2])]:
        set_quotas(monkeypatch, library, Quotas(results=most))
        assert library.tidy() == 0  # no run
        found = library.load_results(map(result_key, range(4)))
        assert sorted(found) == list(map(result_key, expected))
    assert left(library) == [0]


def test_results_of_the_same_moment_go_too(
    monkeypatch: pytest.MonkeyPatch, library: Library
) -> None:
    library.save_results({result_key(number): b"data" for number in range(10)})
    set_quotas(monkeypatch, library, Quotas(results=7))
    library.tidy()
    assert len(library.load_results(map(result_key, range(10)))) == 7


def test_a_save_tidies_once_an_hour(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    set_quotas(monkeypatch, library, Quotas(runs=1))
    library.save(invented(1))
    library.save(invented(2))
    monkeypatch.setattr(library, "_tidied", library._tidied - 3_500)
    library.save(invented(3))
    assert left(library) == [1, 2, 3]
    monkeypatch.setattr(library, "_tidied", library._tidied - 3_600)
    library.save(invented(4))
    assert left(library) == [4]
    make_older(library, 1_000, 4)
    library.save_results({})
    assert left(library) == [4]
    monkeypatch.setattr(library, "_tidied", library._tidied - 3_600)
    library.save_results({})
    assert left(library) == []


def test_environment_variables_set_the_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Quotas.from_environment() == Quotas()
    monkeypatch.setenv("PGLAB_RUNS_OF_OWNER", "7")
    monkeypatch.setenv("PGLAB_MEGABYTES_OF_OWNER", "8")
    monkeypatch.setenv("PGLAB_MEGABYTES_OF_ALL", "9")
    monkeypatch.setenv("PGLAB_DAYS_KEPT", "10")
    monkeypatch.setenv("PGLAB_RESULTS", "11")
    monkeypatch.setenv("PGLAB_LESSONS_OF_OWNER", "12")
    monkeypatch.setenv("PGLAB_ROOM_HOURS", "13")
    assert Quotas.from_environment() == Quotas(7, 8, 9, 10, 11, 12, 13)
    monkeypatch.setenv("PGLAB_DAYS_KEPT", "forever")
    with pytest.warns(UserWarning, match="PGLAB_DAYS_KEPT is not a whole number from 1"):
        assert Quotas.from_environment() == Quotas(7, 8, 9, results=11, lessons=12, room_hours=13)
