"""Each test has a library and a key of its own."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the key of the command line and the library."""
    folder = tmp_path / "data"
    monkeypatch.setattr(platformdirs, "user_data_path", lambda _app: folder)
    monkeypatch.setenv("PGLAB_DATABASE_URL", f"sqlite:///{folder}/runs.sqlite3")
    return folder
