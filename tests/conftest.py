"""Settings for the process that runs the tests."""

import pytest

from pglab.networks import use_one_thread
from tests.own_library import use_own_library

use_one_thread()  # the app and the commands do the same
use_own_library()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the random walks through the app first, because one walk takes longest of all tests."""
    items.sort(key=lambda item: "walks" not in item.path.parts)
