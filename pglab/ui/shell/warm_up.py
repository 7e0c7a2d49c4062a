"""Prepares a process once, so that the first click does not wait and no tick is delayed."""

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
    """Load what PyTorch, pygame and Numba load at first use, and exempt it from collection.

    Without the exemption, each garbage collection takes a tenth of a second, mostly for objects
    that imports made and that stay. The switch interval is shortened, since Streamlit's server
    needs the interpreter a dozen times per tick. Beside a training thread it would wait for
    Python's usual 5 ms each time.
    """
    engine.warm_up()
    config = ReinforceConfig()
    TrainingSession(config).advance("update")
    shared_renderer(config.env_id)
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
