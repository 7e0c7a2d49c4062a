"""A clock that tests can set forward, and a library on SQLite alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pglab.library.store.library import Library
from pglab.library.store.opening import open_library


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clock forward by some seconds."""
    real, passed = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])

    def set_forward(seconds: float) -> None:
        passed[0] += seconds

    return set_forward


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Library]:
    """A library on SQLite, for tests of what does not depend on the database."""
    opened = open_library(f"sqlite:///{tmp_path}/rooms.sqlite3")
    yield opened
    opened.close()
