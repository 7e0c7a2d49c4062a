"""The number of training threads."""

from __future__ import annotations

import os
import sys

import pytest

from pglab.session.sharing import threads
from pglab.session.sharing.threads import thread_count, usable_cores


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
