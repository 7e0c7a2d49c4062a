"""Settings for the tests that run the pages without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import app_test

from pglab.library.keeping.saver import shared_library
from pglab.ui.controls import map_work


@pytest.fixture(scope="session", autouse=True)
def read_the_installed_packages_once() -> Iterator[None]:
    """Let Streamlit look for components in the installed packages once, not for each `AppTest`.

    A server does this once, too. Here it would take a quarter of the time of these tests.
    """
    scan = manifest_scanner.scan_component_manifests
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


class _AfterFirstRun(PagesManager):
    """What a server knows about the pages after its entry script has run once."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        PagesManager.uses_pages_directory = False


@pytest.fixture
def entry_script_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `AppTest` run the entry script before each page, as servers do after the first run."""
    monkeypatch.setattr(app_test, "PagesManager", _AfterFirstRun)


@pytest.fixture
def doors_close_afterwards() -> Iterator[None]:
    """Close the doors of the test's rooms: if many doors are open, no short code works."""
    yield
    library = shared_library().get()
    assert library is not None
    with library._writing.begin() as connection:
        connection.exec_driver_sql("UPDATE pglab_rooms SET door_until = 0")


@pytest.fixture
def connected_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let maps and ladders train, although no browser shows the page."""
    monkeypatch.setattr(map_work, "is_connected", lambda visit: True)
