"""Keeps the runs of tests and measurements in a folder of their own, which is deleted at the end.

Otherwise, these runs would be among the runs of the person who starts the tests.
"""

import atexit
import os
import shutil
import tempfile
from functools import cache


@cache
def use_own_library() -> None:
    """Let this process, and the apps that it starts, use a new library; later calls do nothing."""
    folder = tempfile.mkdtemp(prefix="pglab-tests-")
    os.environ["PGLAB_DATABASE_URL"] = f"sqlite:///{folder}/runs.sqlite3"
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
