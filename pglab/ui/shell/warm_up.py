"""What a process does once, so that the first click does not wait and no tick is held up."""

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
    """Make PyTorch, pygame and Numba load what they load at first use; exempt it from collection.

    Without the exemption each collection takes a tenth of a second, nearly all for what imports
    made to stay. Streamlit's server needs the interpreter a dozen times per tick: beside a thread
    that trains it would wait for Python's usual 5 ms each time.
    """
    engine.warm_up()
    config = ReinforceConfig()
    TrainingSession(config).advance("update")
    shared_renderer(config.env_id)
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
