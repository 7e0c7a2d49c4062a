"""Makes the files of a bundle in a thread. Visitors see the progress and can cancel the work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from functools import cache

from pglab.figures_of_run import drawn_figures
from pglab.library.bundle import packed
from pglab.library.progress import Cancelled
from pglab.library.take_away import Files, Made, Order, Part, made_files
from pglab.session.sharing.threads import be_nice

NICENESS = 5  # training and drawing go before this work


class Preparation:
    """The work that makes files for one visitor. After the work, this object holds the files."""

    def __init__(self, orders: Mapping[str, Order], chosen: Mapping[str, Part]) -> None:
        """Queue the work. It begins when the work of earlier visitors is done.

        Args:
            orders: the runs; the keys are the names of their folders, or "" for a single run.
            chosen: the parts to make for each run.
        """
        self.share = 0.0  # of the work that is done
        self._cancelled = threading.Event()
        self._orders, self._chosen = orders, chosen
        context = copy_context()  # it contains the language of the visitor
        self._work: Future[Made] = _worker().submit(context.run, self._make)

    @property
    def waits(self) -> bool:
        """Whether the work is still waiting to begin."""
        return not self._work.running() and not self._work.done()

    @property
    def done(self) -> bool:
        """Whether the work has ended, or was cancelled."""
        return self._work.done()

    def cancel(self) -> None:
        """Stop the work soon."""
        self._cancelled.set()
        self._work.cancel()

    def result(self) -> Made | None:
        """Wait for the end of the work; return the files, or None if the work was cancelled."""
        if self._cancelled.is_set():
            return None
        return self._work.result()

    def _make(self) -> Made:
        made = Made({}, [])
        for number, (folder, order) in enumerate(self._orders.items()):
            begin = number / len(self._orders)
            try:
                of_run = made_files(self._reporting(order, begin), self._chosen)
            except Cancelled:
                return made
            prefix = f"{folder}/" if folder else ""
            made.files.update({prefix + name: data for name, data in of_run.files.items()})
            made.problems.extend(of_run.problems)
        return made

    def _reporting(self, order: Order, begin: float) -> Order:
        def report(share: float) -> None:
            self.share = begin + share / len(self._orders)

        return replace(
            order, figures=drawn_figures, progress=report, cancelled=self._cancelled.is_set
        )


def zipped(files: Files) -> Callable[[], bytes]:
    """Return a function that packs the files. The download button calls this function."""
    return lambda: packed(files)


@cache
def _worker() -> ThreadPoolExecutor:
    """Return the pool for all visitors. It has one thread, so that cores stay free for training."""
    return ThreadPoolExecutor(
        1, thread_name_prefix="preparing", initializer=be_nice, initargs=(NICENESS,)
    )
