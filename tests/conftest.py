"""Settings of the process in which the tests run."""

import pytest

from pglab.networks import use_one_thread

use_one_thread()  # as the app and the commands do


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the walks through the app first: one of them takes longer than any other test."""
    items.sort(key=lambda item: "walks" not in item.path.parts)
