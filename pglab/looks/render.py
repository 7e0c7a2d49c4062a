"""Pictures of an environment, drawn by Gymnasium and pygame off screen."""

from __future__ import annotations

import io
import math
import os
import threading
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pglab.environments import make_environment
from pglab.records import Floats

# Always draw off screen. pygame reads this only once, when it starts.
os.environ["SDL_VIDEODRIVER"] = "dummy"

JPEG_QUALITY = 65

# Pillow's name for the byte order of a pixel, by the mask of red in pygame's integer.
_ORDERS = {0xFF0000: "BGRX", 0xFF: "RGBX"}


class FrameRenderer:
    """Draws the frame that an environment would show in the state of a given observation.

    It owns an environment that is never stepped. The state is set instead, so that one renderer
    serves any number of runs. A lock protects pygame's surfaces, which are not thread-safe.
    """

    def __init__(self, env_id: str) -> None:
        """Raises ConfigError if the environment cannot be used."""
        environment = make_environment(env_id, render_mode="rgb_array")
        environment.reset(seed=0)
        environment.render()  # this creates the surface
        self._environment = cast(Any, environment.unwrapped)
        # In an unknown mode, the environment still draws, but does not copy the picture to an
        # array. That copy would take longer than the drawing.
        self._environment.render_mode = "surface"
        self._env_id = env_id
        self._lock = threading.Lock()
        self._size: tuple[int, int] = self._environment.screen.get_size()
        self._order = _ORDERS[self._environment.screen.get_masks()[0]]
        self.aspect = self._size[0] / self._size[1]

    def frame(self, observation: Floats) -> NDArray[np.uint8]:
        """The picture of this observation: [height, width, 3]."""
        return np.asarray(self._picture(observation))

    def jpeg(self, observation: Floats) -> bytes:
        """The picture as a JPEG file."""
        file = io.BytesIO()
        self._picture(observation).save(file, "JPEG", quality=JPEG_QUALITY)
        return file.getvalue()

    def _picture(self, observation: Floats) -> Image.Image:
        """The picture, copied directly from pygame's surface."""
        with self._lock:
            self._environment.state = _state(self._env_id, observation)
            self._environment.render()
            memory = self._environment.screen.get_view("0")
            return Image.frombytes("RGB", self._size, memory, "raw", self._order)


@cache
def shared_renderer(env_id: str) -> FrameRenderer:
    """The one renderer of an environment in this process; it holds no state of any run.

    It is never closed: Gymnasium's `close` would shut pygame down for all others too.
    """
    return FrameRenderer(env_id)


def _state(env_id: str, observation: Floats) -> NDArray[np.float64]:
    """The environment's own state variables that produce this observation."""
    values = np.asarray(observation, dtype=np.float64)
    if env_id.startswith("Acrobot"):
        cos_1, sin_1, cos_2, sin_2, velocity_1, velocity_2 = values
        angles = math.atan2(sin_1, cos_1), math.atan2(sin_2, cos_2)
        return np.array([*angles, velocity_1, velocity_2])
    return values
