"""Prepares a process once, so that neither the first click nor any tick is delayed."""

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

    Without the exemption, each garbage collection takes a tenth of a second, mostly for permanent
    objects that imports have made. The switch interval is shortened, since Streamlit's server needs
    the interpreter a dozen times per tick. While another thread trains, the server would otherwise
    wait for 5 ms each time, which is Python's default.
    """
    engine.warm_up()
    config = ReinforceConfig()
    TrainingSession(config).advance("update")
    shared_renderer(config.env_id)
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
