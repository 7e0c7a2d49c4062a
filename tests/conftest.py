"""Settings for the process that runs the tests."""

import atexit
import os
import shutil
import tempfile

import pytest

from pglab.networks import use_one_thread

use_one_thread()  # the app and the commands do the same

# The tests keep their runs in a folder of their own, not among the runs of whoever runs them.
_FOLDER = tempfile.mkdtemp(prefix="pglab-tests-")
os.environ["PGLAB_DATABASE_URL"] = f"sqlite:///{_FOLDER}/runs.sqlite3"
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the random walks through the app first, because one walk takes longest of all tests."""
    items.sort(key=lambda item: "walks" not in item.path.parts)
