"""Threads and processes share one database, and a killed process damages nothing."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np
import pytest

from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.problems import TakenOver
from tests.library.store.samples import ADA, address, blocks_at, invented, result_key

STEPS, CAPACITY = 150, 4_000  # transitions that a buffer gets between two saves, and its capacity


@pytest.fixture(scope="module")
def start() -> Callable[..., BaseProcess]:
    """Start processes quickly: one process imports the package, and the others are its copies."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])

    def started(target: Callable[..., None], *arguments: Any) -> BaseProcess:
        process = context.Process(target=target, args=arguments, daemon=True)
        process.start()
        return process

    return started


def saved_state(number: int) -> Any:
    data = number.to_bytes(4, "little") * 5_000
    return invented(data=data, blocks=blocks_at(STEPS * number, CAPACITY), global_step=number)


def save_forever(url: str, first: int, reports: Connection) -> None:
    """Save one run again and again, and report the number of each save that has ended."""
    library = open_library(url)
    number = first
    while True:
        library.save(saved_state(number))
        reports.send(number)
        number += 1


def test_a_killed_process_loses_nothing_that_was_saved(
    url: str, start: Callable[..., BaseProcess]
) -> None:
    random = np.random.default_rng(7)
    last = 0
    for _kill in range(6):
        reports, writing_end = multiprocessing.Pipe(duplex=False)
        process = start(save_forever, url, last + 1, writing_end)
        writing_end.close()
        assert reports.poll(30)
        time.sleep(random.uniform(0, 0.06))
        process.kill()
        process.join()
        last = max(all_reports(reports))
        with closing(open_library(url)) as library:
            assert library.notice is None
            stored = library.load(address())
        assert stored is not None
        # The process may have been killed between a save and its report.
        assert stored.summary.global_step in (last, last + 1)
        last = stored.summary.global_step
        expected = saved_state(last)
        assert (stored.data, stored.blocks) == (expected.data, expected.blocks)


def all_reports(reports: Connection) -> Iterator[int]:
    with reports:
        while True:
            try:
                yield reports.recv()
            except EOFError:
                return


def save_some(url: str, process: int, begin: Any) -> None:
    begin.wait()
    with closing(open_library(url)) as library:
        for number in range(10):
            data = f"{process} {number}".encode()
            library.save(invented(10 * process, data=data, blocks=blocks_at(500 * number, 2_000)))
            library.save(invented(10 * process + 1 + number, owner=f"owner {process}"))
            library.save_visit("shared", f"[{process}]")


def test_processes_start_and_write_at_once(url: str, start: Callable[..., BaseProcess]) -> None:
    begin = multiprocessing.get_context("forkserver").Barrier(3)
    processes = [start(save_some, url, process, begin) for process in (2, 4, 6)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with closing(open_library(url)) as library:
        for number in (2, 4, 6):
            stored = library.load(address(10 * number))
            assert stored is not None
            assert stored.data == f"{number} 9".encode()
            assert stored.blocks == blocks_at(4_500, 2_000)
            assert len(library.runs_of(f"owner {number}")) == 10
        assert library.load_visit("shared") in ("[2]", "[4]", "[6]")


def save_same_results(url: str, process: int, begin: Any) -> None:
    """Save results under the same keys as other processes, in another order."""
    numbers = np.random.default_rng(process).permutation(2_000)
    with closing(open_library(url)) as library:
        begin.wait()
        for part in np.split(numbers, 10):
            saved = {result_key(number): f"{process}".encode() for number in part}
            library.save_results(saved)
            seen = library.load_results(saved)
            assert seen.keys() == saved.keys()
            library.save_results(dict.fromkeys(saved, b"again"))
            assert library.load_results(saved) == seen


def test_processes_save_the_same_results_at_once(
    url: str, start: Callable[..., BaseProcess]
) -> None:
    begin = multiprocessing.get_context("forkserver").Barrier(3)
    processes = [start(save_same_results, url, process, begin) for process in range(3)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with closing(open_library(url)) as library:
        found = library.load_results(map(result_key, range(2_000)))
    assert len(found) == 2_000
    assert set(found.values()) <= {b"0", b"1", b"2"}


def test_threads_write_at_once(library: Library) -> None:
    """Each thread writes its own run, and all write the first versions of a shared one."""
    begin = threading.Barrier(6)

    def work(thread: int) -> int:
        begin.wait()
        refused = 0
        for number in range(10):
            library.save(invented(thread, data=f"{thread} {number}".encode()))
            try:
                library.save(invented(100, writer=f"tab {thread}", data=f"{thread}".encode()))
            except TakenOver:
                refused += 1
            library.runs_of(ADA)
        return refused

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(work, range(6))) == [0, 10, 10, 10, 10, 10]
    assert {row.address for row in library.runs_of(ADA)} == {address(n) for n in (*range(6), 100)}
    for thread in range(6):
        stored = library.load(address(thread))
        assert stored is not None
        assert stored.data == f"{thread} 9".encode()
