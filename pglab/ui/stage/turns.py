"""How a redraw and the training for the next one take turns, on every page with a stage."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import streamlit as st

from pglab.session.pacing import Pacemaker
from pglab.ui.shell.live_page import LivePage


class Driven(Protocol):
    """What a page's ticks drive: a bench or a comparison."""

    lock: threading.RLock
    pacemaker: Pacemaker

    @property
    def running(self) -> bool:
        """Whether the visitor lets it run."""

    @property
    def busy(self) -> bool:
        """Whether it wants ticks."""

    def tick(self) -> None:
        """Train for one redraw."""


@contextmanager
def turn(page: LivePage, driven: Driven, *, more: bool = False) -> Iterator[None]:
    """Around one redraw: train before the first, so that it has something to show, else after.

    What is trained after a picture has been sent is trained while the browser paints it. Where
    the run came to its end, the next tick has the whole page drawn anew: the transport, the table
    and a problem have news. A tick that comes amid a run of the whole script makes Streamlit drop
    the stage of that run. None is on its way before the first picture, nor behind one after which
    there are `more` to come.
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
