"""Lists of runs: whose they are, their order, the search, names, notes and pins."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from pglab.library.store.library import Library
from pglab.library.store.problems import TooManyPinned
from pglab.library.store.runs.listing import MOST_IN_NAME, MOST_IN_NOTE, SortOrder
from pglab.library.store.tidying import Quotas
from tests.library.store.samples import ADA, BOB, SUMMARY, address, invented


def numbers(library: Library, owner: str = ADA, **options: object) -> list[int]:
    rows = library.runs_of(owner, **options)  # type: ignore[arg-type]
    return [int(row.address) for row in rows]


def test_everybody_sees_only_his_own_runs(library: Library) -> None:
    library.save(invented(1))
    library.save(invented(2, owner=BOB))
    assert numbers(library) == [1]
    assert numbers(library, BOB) == [2]
    assert numbers(library, "somebody") == []
    assert numbers(library, "") == []
    (row,) = library.runs_of(ADA)
    assert row.summary == SUMMARY


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("date", [2, 4, 3, 1]),
        ("started", [4, 3, 2, 1]),
        ("name", [3, 1, 2, 4]),
        ("agent", [4, 3, 2, 1]),
        ("steps", [4, 1, 2, 3]),
        ("return", [3, 4, 1, 2]),
    ],
)
def test_the_orders(library: Library, order: SortOrder, expected: list[int]) -> None:
    library.save(invented(1, global_step=30, mean_return=-500.0))
    library.save(invented(2, global_step=20, mean_return=None))
    library.save(invented(3, global_step=10, mean_return=1.5, agent="reinforce"))
    library.save(invented(4, global_step=40, mean_return=-1.0, agent="reinforce"))
    library.save(invented(2, data=b"later", global_step=20, mean_return=None))
    library.annotate(ADA, address(1), name="b")
    library.annotate(ADA, address(3), name="A")
    assert numbers(library, order=order) == expected
    assert numbers(library, order=order, limit=2, offset=1) == expected[1:3]


def test_an_unknown_order_is_refused(library: Library) -> None:
    with pytest.raises(ValueError, match="no order is called 'saved; DROP'"):
        library.runs_of(ADA, order="saved; DROP")  # type: ignore[arg-type]


SEARCHES = {
    "": [1, 2, 3],
    "ÄRGER": [1],
    "ärger cartpole": [1],
    "ärger acrobot": [],
    "ACROBOT": [2],
    "split": [1, 3],
    "solved": [2],
    "100%": [3],
    "1%5": [],
    "_": [1, 3],
    "a_b\\c": [3],
    "\0\ud800": [1, 2, 3],
    "x" * 100_000: [],
    "a " * 100_000: [1, 2, 3],
    "' OR ''='": [],
}


def test_the_search(library: Library) -> None:
    library.save(invented(1))
    library.save(invented(2, agent="reinforce", environment="Acrobot-v1", outcome="solved"))
    library.save(invented(3))
    library.annotate(ADA, address(1), name="Ärger im Büro")
    library.annotate(ADA, address(3), note="100%5 a_b\\c")
    found = {search: sorted(numbers(library, search=search)) for search in SEARCHES}
    assert found == SEARCHES
    counted = {search: library.count_of(ADA, search=search) for search in SEARCHES}
    assert counted == {search: len(expected) for search, expected in SEARCHES.items()}
    assert library.count_of(BOB) == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  <b>bold</b> \t & \n\x00\x1b 🙂 ", "<b>bold</b> & 🙂"),
        ("\ud800Ωmega\u202e", "Ωmega"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("x" * 500, "x" * MOST_IN_NAME),
        ("", ""),
    ],
)
def test_names_are_cleaned_and_bounded(library: Library, given: str, kept: str) -> None:
    library.save(invented())
    assert library.annotate(ADA, address(), name="before", note=given * 100)
    assert library.annotate(ADA, address(), name=given)
    (row,) = library.runs_of(ADA)
    assert row.name == kept
    assert len(row.note) <= MOST_IN_NOTE
    assert library.runs_of(ADA, search=given) == [row]


def test_an_annotation_changes_only_what_is_given(library: Library) -> None:
    library.save(invented())
    library.annotate(ADA, address(), name="a", note="first line\nsecond", pinned=True)
    library.annotate(ADA, address(), name="b")
    library.annotate(ADA, address(), pinned=False)
    (row,) = library.runs_of(ADA)
    assert (row.name, row.note, row.pinned) == ("b", "first line\nsecond", False)
    assert not library.annotate(ADA, address(1), name="missing")


def test_only_so_many_runs_can_be_pinned(
    monkeypatch: pytest.MonkeyPatch, library: Library, url: str
) -> None:
    monkeypatch.setattr(library, "quotas", Quotas(runs=2))
    for number in (1, 2, 3):
        library.save(invented(number))
    library.save(invented(4, owner=BOB))
    library.annotate(ADA, address(1), pinned=True)
    library.annotate(ADA, address(2), pinned=True)
    with pytest.raises(TooManyPinned, match="You have pinned 2 runs"):
        library.annotate(ADA, address(3), name="x", pinned=True)
    assert library.annotate(ADA, address(2), pinned=True)
    assert library.annotate(BOB, address(4), pinned=True)
    assert library.annotate(ADA, address(1), pinned=False)
    assert library.annotate(ADA, address(3), pinned=True)
    assert [row.name for row in library.runs_of(ADA)] == ["", "", ""]


def test_a_list_is_one_query_with_the_index(library: Library) -> None:
    """Neither the contents nor the runs of other owners are read."""
    library.save(invented())
    queries: list[tuple[str, object]] = []

    @event.listens_for(library._reading, "before_cursor_execute")
    def note(_c: object, _cursor: object, query: str, values: object, *_rest: object) -> None:
        queries.append((query, values))

    library.runs_of(ADA)
    selects = [query for query in queries if query[0].startswith("SELECT")]
    ((query, values),) = selects
    assert "pglab_contents" not in query
    with library._reading.begin() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)  # type: ignore[arg-type]
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # one row needs no index
            plan = connection.exec_driver_sql(f"EXPLAIN {query}", values)  # type: ignore[arg-type]
        assert "pglab_runs_of_owner" in repr(plan.all())
