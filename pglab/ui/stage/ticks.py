"""A tick of a page that has a stage: it redraws the stage and trains the agent."""

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
        """Whether training is in progress: the visitor has started and not paused it."""

    @property
    def busy(self) -> bool:
        """Whether the bench or comparison needs more ticks."""

    def tick(self) -> None:
        """Train until the next redraw of the page."""


@contextmanager
def turn(page: LivePage, driven: Driven, *, more: bool = False) -> Iterator[None]:
    """Train in each redraw: before drawing if it is the first redraw, otherwise after drawing.

    When a run ends, the next tick redraws the whole page, since buttons, table and messages change.
    `more`: whether another redraw follows in this script run.
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
    # If a tick arrives while the whole script runs, Streamlit drops the stage that the script
    # draws, so redraw the page at once only if the browser does not send the next tick.
    if stopped and (first or more):
        st.rerun()
