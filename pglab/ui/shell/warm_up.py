"""Prepares a new server process, so that the first click and all ticks are fast."""

from __future__ import annotations

import gc
import sys
from functools import cache

from pglab.config import ReinforceConfig
from pglab.engine import engine
from pglab.looks.render import shared_renderer
from pglab.session.training_session import TrainingSession

SWITCH_SECONDS = 0.001


@cache
def warm_up() -> None:
    """Use PyTorch, pygame and Numba once, and exempt the loaded objects from garbage collection.

    Without the exemption, each garbage collection takes 0.1 seconds, mostly for permanent objects
    from imported modules. The function also lets threads take turns more often. Streamlit's server
    needs the interpreter about twelve times per tick. With Python's default switch interval, the
    server would wait 5 ms each time while another thread trains.
    """
    engine.warm_up()
    config = ReinforceConfig()
    TrainingSession(config).advance("update")
    shared_renderer(config.env_id)
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
