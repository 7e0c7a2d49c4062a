"""One tick of a page with a stage: training and the picture take turns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import streamlit as st

from pglab.session.pacing import Pacemaker
from pglab.ui.shell.page_state import LivePage


class Driven(Protocol):
    """The object that a page's ticks train: a bench or a comparison."""

    lock: threading.RLock
    pacemaker: Pacemaker

    @property
    def running(self) -> bool:
        """Whether it runs, as the visitor has chosen."""

    @property
    def busy(self) -> bool:
        """Whether it needs ticks."""

    def tick(self) -> None:
        """Train for one redraw."""


@contextmanager
def turn(page: LivePage, driven: Driven, *, more: bool = False) -> Iterator[None]:
    """Train before the first redraw, so that it has something to show; else after the redraw.

    Training after a redraw goes on while the browser paints. If the run has ended, the next tick
    redraws the whole page, since transport, table and messages have changed. If a tick arrives
    during a run of the whole script, Streamlit drops the stage of that run. So this redraws the
    page at once only if no tick can be under way: at the first redraw, or if there are `more`.
    """
    with driven.lock:
        was_running, busy = driven.running, driven.busy
        first = not driven.pacemaker.ticking
        if busy and first:
            driven.tick()
    yield
    with driven.lock:
        if busy and not first:
            driven.tick()
        stopped = was_running and not driven.running
    if stopped:
        page.page_is_stale = True
    if stopped and (first or more):
        st.rerun()
