"""A library for the tests of the phones' pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pglab.library.store.library import Library
from pglab.library.store.opening import open_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(f"sqlite:///{tmp_path}/rooms.sqlite3")
    yield opened
    opened.close()
