"""Prepares a new server process, so that the first click and all redraws are fast."""

from __future__ import annotations

import gc
import sys
from functools import cache
from importlib import import_module
from threading import Lock

import streamlit as st

from pglab.config import ReinforceConfig
from pglab.engine import engine
from pglab.language import _
from pglab.looks.render import shared_renderer
from pglab.session.training_session import TrainingSession
from pglab.ui.shell.assets import compressed_plotly
from pglab.ui.shell.process.housekeeping import give_back

SWITCH_SECONDS = 0.0005
LATER = ("scipy.stats", "distributed")  # libraries that only some pages use; they load in 0.9 s

_one_at_a_time = Lock()


def wait_until_ready() -> None:
    """Prepare the process, unless it is ready. Meanwhile, the page says what it waits for."""
    place = st.empty()  # always drawn, so that the elements below keep their places
    if not is_ready():
        place.info(
            _(
                "The server has just started and prepares its training code. This takes a few "
                "seconds; after an installation or an update, it takes about a minute."
            )
        )
        warm_up()
        place.empty()


def is_ready() -> bool:
    """True if this process is prepared."""
    return _warm_up.cache_info().currsize > 0


def warm_up() -> None:
    """Prepare the process once; if another thread is preparing it, wait for this thread."""
    with _one_at_a_time:
        _warm_up()


def prepare_process() -> None:
    """Prepare the process, then load the libraries that the first page does not need."""
    warm_up()
    for name in LATER:
        import_module(name)
    gc.freeze()


@cache
def _warm_up() -> None:
    """Use PyTorch, pygame and Numba once, and exempt the loaded objects from garbage collection."""
    engine.failure()  # compiles the training code, or loads it from disk
    config = ReinforceConfig()
    TrainingSession(config).advance("update")
    shared_renderer(config.env_id)
    compressed_plotly()
    give_back()
    # Without this line, each garbage collection would take 0.1 seconds, mostly for the objects of
    # imported modules.
    gc.freeze()
    # During a redraw, Streamlit's server thread takes over Python's interpreter about twelve times.
    # While another thread trains, the server waits for a switch interval each time. The default
    # interval is 5 ms.
    sys.setswitchinterval(SWITCH_SECONDS)
