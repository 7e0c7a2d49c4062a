"""The oldest runs go when the library holds too much; pinned runs stay."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from pglab.library.store.library import Library
from pglab.library.store.tables import runs, visits
from pglab.library.store.tidying import Quotas
from tests.library.store.samples import ADA, BOB, address, invented

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


def test_a_save_tidies_once_an_hour(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    set_quotas(monkeypatch, library, Quotas(runs=1))
    hours = iter((0.0, 0.0, 0.5, 1.5, 1.5))
    monkeypatch.setattr(
        "pglab.library.store.library.time.monotonic", lambda: 1e6 + 3_600 * next(hours)
    )
    library.save(invented(1))
    library.save(invented(2))
    assert left(library) == [1, 2]
    library.save(invented(3))
    assert left(library) == [3]


def test_environment_variables_set_the_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Quotas.from_environment() == Quotas()
    monkeypatch.setenv("PGLAB_RUNS_OF_OWNER", "7")
    monkeypatch.setenv("PGLAB_MEGABYTES_OF_OWNER", "8")
    monkeypatch.setenv("PGLAB_MEGABYTES_OF_ALL", "9")
    monkeypatch.setenv("PGLAB_DAYS_KEPT", "10")
    assert Quotas.from_environment() == Quotas(7, 8, 9, 10)
    monkeypatch.setenv("PGLAB_DAYS_KEPT", "forever")
    with pytest.warns(UserWarning, match="PGLAB_DAYS_KEPT is not a whole number from 1"):
        assert Quotas.from_environment() == Quotas(7, 8, 9)
