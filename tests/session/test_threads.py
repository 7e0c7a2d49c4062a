"""The number of training threads, and the core that all other threads share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar
from uuid import uuid4

import pytest

from pglab.session.sharing import threads
from pglab.session.sharing.threads import (
    be_nice,
    on_all_cores,
    share_one_core,
    thread_count,
    usable_cores,
)

Result = TypeVar("Result")
LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot do this")
COUNT_CORES = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]


@pytest.fixture(autouse=True)
def cores_are_counted_again() -> Iterator[None]:
    usable_cores.cache_clear()
    yield
    usable_cores.cache_clear()


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Claims of cores that end with the test."""
    monkeypatch.setattr(threads, "CLAIM", f"\0{uuid4()}-")
    monkeypatch.setattr(threads, "_claims", [])
    yield
    for claim in threads._claims:
        claim.close()


def in_a_thread(work: Callable[[], Result]) -> Result:
    """Run `work` in a new thread, which has the cores of the calling thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def own_cores() -> set[int]:
    return os.sched_getaffinity(0)


def nice_cores() -> set[int]:
    be_nice(1)
    return own_cores()


def test_only_cores_that_this_process_may_use_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    if sys.version_info >= (3, 13):
        monkeypatch.setattr(os, "process_cpu_count", lambda: 3)
    else:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 5, 7}, raising=False)
    assert usable_cores() == 3


@pytest.mark.parametrize(("cores", "count"), [(1, 1), (6, 6), (32, 32), (128, 32)])
def test_there_is_a_thread_for_each_core_but_at_most_32(
    cores: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGLAB_THREADS", raising=False)
    monkeypatch.setattr(threads, "usable_cores", lambda: cores)
    assert thread_count() == count


@pytest.mark.parametrize("count", [1, 5, 32])
def test_the_variable_sets_the_number(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGLAB_THREADS", str(count))
    assert thread_count() == count


@pytest.mark.parametrize("text", ["", "two", "0", "-1", "33", "1.5", "9" * 5000])
def test_another_value_of_the_variable_is_told_and_has_no_effect(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGLAB_THREADS", text)
    monkeypatch.setattr(threads, "usable_cores", lambda: 3)
    with pytest.warns(UserWarning, match="PGLAB_THREADS is not a whole number from 1 to 32"):
        assert thread_count() == 3


@LINUX_ONLY
@pytest.mark.usefixtures("claims")
def test_threads_share_one_core_but_training_and_other_processes_use_all() -> None:
    before, everything = usable_cores(), own_cores()

    def pinned() -> None:
        share_one_core()
        core = own_cores()
        assert len(core) == 1
        assert core == in_a_thread(own_cores), "threads share the core"
        assert in_a_thread(nice_cores) == everything
        with on_all_cores():
            found = subprocess.run(COUNT_CORES, stdout=subprocess.PIPE, check=True)
        assert int(found.stdout) == len(everything)
        assert own_cores() == core

    in_a_thread(pinned)
    assert own_cores() == everything, "only the calling thread has changed"
    assert usable_cores() == before


@LINUX_ONLY
@pytest.mark.usefixtures("claims")
def test_each_process_takes_another_core_and_the_last_one_keeps_all() -> None:
    everything = own_cores()

    def taken() -> set[int]:
        share_one_core("same")
        return own_cores()

    cores = [in_a_thread(taken) for _core in everything]
    assert sorted(core for of in cores for core in of) == sorted(everything)
    assert in_a_thread(taken) == everything


@LINUX_ONLY
@pytest.mark.usefixtures("claims")
def test_processes_that_do_not_see_each_other_take_the_cores_of_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def taken(process: str) -> set[int]:
        monkeypatch.setattr(threads, "CLAIM", f"\0{uuid4()}-")
        share_one_core(process)
        return own_cores()

    names = "123456789"[: usable_cores()]
    cores = [in_a_thread(partial(taken, name)) for name in names]
    assert len(set().union(*cores)) == len(names)


@LINUX_ONLY
@pytest.mark.usefixtures("claims")
def test_a_container_may_forbid_the_choice_of_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    share_one_core()
    assert in_a_thread(nice_cores) == own_cores()
