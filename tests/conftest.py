"""Settings for the process that runs the tests."""

import gc
from collections.abc import Generator

import pytest

pytest_plugins = ["tests.databases"]
gc.disable()  # until all modules are loaded


@pytest.fixture(scope="session", autouse=True)
def _like_the_app() -> None:
    """Compute on one thread, as the app and the commands do, but keep runs in a new library."""
    # The process that only distributes the tests to others needs neither of these modules.
    from pglab.networks import use_one_thread
    from tests.own_library import use_own_library

    use_one_thread()
    use_own_library()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let garbage collection ignore the loaded modules, like `warm_up` in the app, and run rarely.

    It would take a tenth of the time of the tests.
    """
    result = yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()
    return result


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the random walks through the app first, because one walk takes longest of all tests."""
    items.sort(key=lambda item: "walks" not in item.path.parts)
