"""Makes the files of a bundle beside the page: with progress, and so that it can be cancelled."""

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
    """The files of one visitor, while they are made and afterwards."""

    def __init__(self, orders: Mapping[str, Order], chosen: Mapping[str, Part]) -> None:
        """Begin the work, or wait until the work of other visitors is done.

        Args:
            orders: the runs by the names of their folders; a single run has the name "".
            chosen: the parts to make of each run.
        """
        self.share = 0.0  # of the work that is done
        self._cancelled = threading.Event()
        self._orders, self._chosen = orders, chosen
        context = copy_context()  # it contains the language of the visitor
        self._work: Future[Made] = _worker().submit(context.run, self._make)

    @property
    def waits(self) -> bool:
        """Whether the work has not begun yet."""
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
        """The files of the ended work; None if it was cancelled."""
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
    """Return a function that packs the files; it is called when the visitor downloads them."""
    return lambda: packed(files)


@cache
def _worker() -> ThreadPoolExecutor:
    """One thread for the work of all visitors, so that training keeps the cores."""
    return ThreadPoolExecutor(
        1, thread_name_prefix="preparing", initializer=be_nice, initargs=(NICENESS,)
    )
