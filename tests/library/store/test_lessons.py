"""Lessons and answers in the library, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from pglab.library.store.lesson_progress import MOST_BYTES
from pglab.library.store.lessons import is_lesson_address
from pglab.library.store.library import Library
from pglab.library.store.problems import TooManyLessons
from pglab.library.store.tables import lesson_progress, lessons
from pglab.library.store.tidying import Quotas
from tests.library.store.samples import ADA, BOB

DAY = 86_400


def titles(library: Library, owner: str) -> list[str]:
    return [row.title for row in library.lessons_of(owner)]


def make_older(library: Library, days: float, address: str) -> None:
    change = -days * DAY
    with library._writing.begin() as connection:
        older = {"created": lessons.c.created + change, "used": lessons.c.used + change}
        connection.execute(update(lessons).where(lessons.c.address == address).values(older))


def test_a_lesson_has_a_short_address_that_everybody_can_open(library: Library) -> None:
    first = library.save_lesson(ADA, "One", "content ü 🎓")
    second = library.save_lesson(ADA, "Two", "other")
    make_older(library, 1, first)
    assert is_lesson_address(first)
    assert first != second
    assert library.load_lesson(first) == "content ü 🎓"
    assert titles(library, ADA) == ["Two", "One"]
    assert titles(library, BOB) == []


def test_the_same_content_stays_at_its_address(library: Library) -> None:
    address = library.save_lesson(ADA, "One", "content")
    assert library.save_lesson(ADA, "One", "content") == address
    assert library.save_lesson(BOB, "One", "content") != address
    assert titles(library, ADA) == ["One"]


def test_only_the_owner_replaces_and_deletes_a_lesson(library: Library) -> None:
    address = library.save_lesson(ADA, "One", "content")
    assert library.save_lesson(ADA, "New", "new", address) == address
    other = library.save_lesson(BOB, "Bob's", "changed", address)
    assert other != address
    assert library.load_lesson(address) == "new"
    assert not library.delete_lesson(BOB, address)
    assert library.delete_lesson(ADA, address)
    assert not library.delete_lesson(ADA, address)
    assert library.load_lesson(address) is None
    assert titles(library, BOB) == ["Bob's"]


@pytest.mark.parametrize("address", ["", "0" * 15, "0" * 17, "o" * 16, "0" * 16 + "\n", "\0" * 16])
def test_what_is_no_address_names_no_lesson(library: Library, address: str) -> None:
    assert library.load_lesson(address) is None
    assert not library.delete_lesson(ADA, address)


def test_an_owner_has_so_many_lessons(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "quotas", Quotas(lessons=2))
    address = library.save_lesson(ADA, "One", "1")
    library.save_lesson(ADA, "Two", "2")
    with pytest.raises(TooManyLessons, match="You have 2 lessons, and more are not possible"):
        library.save_lesson(ADA, "Three", "3")
    library.save_lesson(ADA, "Changed", "3", address)
    library.save_lesson(BOB, "Three", "3")
    assert sorted(titles(library, ADA)) == ["Changed", "Two"]


def test_texts_that_are_too_long_are_refused(library: Library) -> None:
    with pytest.raises(ValueError, match="more than 400000 bytes"):
        library.save_lesson(ADA, "One", "ü" * 200_001)
    with pytest.raises(ValueError, match="more than 400000 bytes"):
        library.save_progress(ADA, "one", f'"{"x" * MOST_BYTES}"')
    with pytest.raises(ValueError, match="1 to 100 characters"):
        library.save_progress(ADA, "x" * 101, "{}")
    with pytest.raises(ValueError, match="Expecting"):
        library.save_progress(ADA, "one", "{")


def test_unused_lessons_and_answers_go(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "quotas", Quotas(days=10))
    unused, opened = (library.save_lesson(ADA, name, name) for name in ("unused", "opened"))
    library.save_progress(ADA, "old", "{}")
    library.save_progress(ADA, "new", "{}")
    for address in (unused, opened):
        make_older(library, 10.1, address)
    with library._writing.begin() as connection:
        old = lesson_progress.c.lesson == "old"
        connection.execute(update(lesson_progress).where(old).values(saved=0))
    library.load_lesson(opened)
    library.tidy()
    assert titles(library, ADA) == ["opened"]
    assert library.load_lesson(unused) is None
    assert library.load_progress(ADA, "old") is None
    assert library.load_progress(ADA, "new") == "{}"


def test_answers_are_replaced_and_belong_to_one_owner(library: Library) -> None:
    library.save_progress(ADA, "one", '{"step": 1}')
    library.save_progress(ADA, "one", '{"step": 2}')
    library.save_progress(BOB, "one", '{"step": 3}')
    assert library.load_progress(ADA, "one") == '{"step": 2}'
    assert library.load_progress(BOB, "one") == '{"step": 3}'
    assert library.load_progress(ADA, "two") is None


def test_the_answers_that_were_saved_last_stay(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "quotas", Quotas(lessons=2))
    library.save_progress(BOB, "one", "{}")
    for name in ("one", "two", "three"):
        library.save_progress(ADA, name, "{}")
    found = [library.load_progress(ADA, name) for name in ("one", "two", "three")]
    assert found == [None, "{}", "{}"]
    assert library.load_progress(BOB, "one") == "{}"
