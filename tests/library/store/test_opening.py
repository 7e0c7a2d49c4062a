"""What goes wrong with the database becomes a sentence, and no file is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.problems import LibraryUnavailable
from tests.library.store.samples import ADA, address, blocks_at, invented

OPERATIONS: dict[str, Callable[[Library], object]] = {
    "save": lambda library: library.save(invented(data=b"other")),
    "take_over": lambda library: library.take_over(address(), ADA, "tab"),
    "load": lambda library: library.load(address()),
    "runs_of": lambda library: library.runs_of(ADA),
    "annotate": lambda library: library.annotate(ADA, address(), name="name"),
    "delete": lambda library: library.delete(ADA, [address()]),
    "save_visit": lambda library: library.save_visit("key", "{}"),
    "load_visit": lambda library: library.load_visit("key"),
    "tidy": lambda library: library.tidy(),
}
READING = ("load", "runs_of", "load_visit")


def require_unavailable(library: Library, message: str, operations: dict[str, object]) -> None:
    for name in operations:
        with pytest.raises(LibraryUnavailable, match=message):
            OPERATIONS[name](library)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database of SQLite with one run."""
    file = tmp_path / "folder that is made" / "runs & more?.sqlite3"
    with closing(open_library(address_of(file))) as library:
        library.save(invented(blocks=blocks_at(100_000, 50_000)))
    return file


def address_of(file: Path, **options: object) -> str:
    query = "".join(f"&{name}={value}" for name, value in options.items())
    return f"sqlite:///{str(file).replace('?', '%3F')}?{query}"
