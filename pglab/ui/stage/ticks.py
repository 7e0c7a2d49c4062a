"""A tick: one request of the browser, for which the server trains the agent and redraws."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import streamlit as st

from pglab.session.pacing import Pacemaker
from pglab.ui.shell.page_state import LivePage


class Driven(Protocol):
    """The object that a page trains: an agent's run with its further seeds, or a comparison."""

    lock: threading.RLock
    pacemaker: Pacemaker

    @property
    def running(self) -> bool:
        """Whether training is in progress: it has been started, and is neither paused nor ended."""

    @property
    def busy(self) -> bool:
        """Whether the run is training, or its further seeds are catching up with it."""

    def tick(self) -> None:
        """Train until the next redraw of the page."""


@contextmanager
def turn(page: LivePage, driven: Driven, *, more: bool = False) -> Iterator[None]:
    """Train during a redraw of the page.

    The first redraw after a start or a pause trains before drawing; each later redraw trains after
    drawing. The end of a run changes buttons, table and messages, so the next tick redraws the
    whole page.
    `more` says whether another redraw follows in this script run.
    """
    with driven.lock:
        was_running, busy = driven.running, driven.busy
        first = not driven.pacemaker.ticking
        if busy and first:
            driven.tick()  # without training, the first redraw would show nothing new
    yield
    with driven.lock:
        if busy and not first:
            driven.tick()  # while the browser paints
        stopped = was_running and not driven.running
    if stopped:
        page.page_is_stale = True
    # Redraw the whole page at once only if the browser sends no further tick. A tick during that
    # redraw would make Streamlit drop the stage that the script draws.
    if stopped and (first or more):
        st.rerun()
