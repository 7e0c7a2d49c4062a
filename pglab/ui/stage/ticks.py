"""One tick of a page with a stage: trains and redraws in turn."""

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
        """Whether the visitor has started it and not paused it."""

    @property
    def busy(self) -> bool:
        """Whether it needs ticks."""

    def tick(self) -> None:
        """Train for one redraw."""


@contextmanager
def turn(page: LivePage, driven: Driven, *, more: bool = False) -> Iterator[None]:
    """Train after the redraw; only at the first redraw, train before it.

    So the first redraw has something to show, and later training happens while the browser paints.
    If the run has ended, the next tick redraws the whole page, since buttons, table and messages
    have changed. But if a tick arrives during a run of the whole script, Streamlit drops the stage
    of that run. So the page is redrawn at once only if no tick can be under way: at the first
    redraw, or if `more` redraws follow in this script run.
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
