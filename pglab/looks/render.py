"""Draws pictures of an environment with Gymnasium and pygame, without opening a window."""

from __future__ import annotations

import io
import math
import os
import threading
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from pglab.environments import make_environment
from pglab.records import Floats

# Always draw off screen. pygame reads this variable only once, when it starts.
os.environ["SDL_VIDEODRIVER"] = "dummy"

JPEG_QUALITY = 65
SHARED_PICTURES = 12_000  # number of cutouts kept for each environment, in about 12 MB

# If two states share a picture, each coordinate differs by at most its spacing: by two pixels, or
# by 0.4 degrees (Acrobot: 2 degrees). The spacing is 0 if the picture does not show the coordinate.
_SPACINGS = {
    "CartPole-v1": (0.016, 0.0, math.radians(0.4), 0.0),
    "Acrobot-v1": (math.radians(2), math.radians(2), 0.0, 0.0),
    "MountainCar-v0": (0.006, 0.0),
}

# If the first coordinate grows by one spacing, the whole moving part slides to the right by this
# number of pixels. So one cutout serves for all values of the first coordinate.
_SLIDES = {"CartPole-v1": 2}

# Three states whose moving parts lie apart from each other.
_APART = {
    "CartPole-v1": ([-1.6, 0, 0, 0], [0.0, 0, 0, 0], [1.6, 0, 0, 0]),
    "Acrobot-v1": ([0.0, 0, 0, 0], [2.0, 0, 0, 0], [4.0, 0, 0, 0]),
    "MountainCar-v0": ([-1.1, 0], [-0.5, 0], [0.2, 0]),
}

# Maps pygame's bit mask for red to Pillow's name for the byte order of a pixel.
_ORDERS = {0xFF0000: "BGRX", 0xFF: "RGBX"}


class Cutout(NamedTuple):
    """The part of a picture that differs from its environment's background.

    `file` is a WebP file. `left` and `top` are the place of the cutout in the picture, in pixels. A
    cutout may extend beyond the edges of the picture.
    """

    file: bytes
    left: int
    top: int


class FrameRenderer:
    """Draws a picture of an environment in the state that belongs to a given observation.

    Each renderer has its own environment. The renderer sets the state of this environment and never
    calls `step`, so one renderer can draw for any number of runs. A lock protects pygame's
    surfaces, which are not thread-safe.
    """

    def __init__(self, env_id: str) -> None:
        """Raises ConfigError if the environment cannot be used."""
        environment = make_environment(env_id, render_mode="rgb_array")
        environment.reset(seed=0)
        environment.render()  # the first call creates pygame's surface
        self._environment = cast(Any, environment.unwrapped)
        # In an unknown render mode, the environment still draws, but does not copy the picture to
        # an array. Copying the picture would take longer than drawing.
        self._environment.render_mode = "surface"
        self._env_id = env_id
        self._spacings = _SPACINGS[env_id]
        self._slides = _SLIDES.get(env_id, 0)
        self._shared = lru_cache(SHARED_PICTURES)(self._cutout_at)
        self._lock = threading.Lock()
        self._size: tuple[int, int] = self._environment.screen.get_size()
        self._order = _ORDERS[self._environment.screen.get_masks()[0]]
        self.aspect = self._size[0] / self._size[1]
        self.frames_per_second: int = self._environment.metadata["render_fps"]
        self._background = self._common_pixels()
        self.background = _webp_file(self._background)  # the picture without its moving parts

    @property
    def size(self) -> tuple[int, int]:
        """The width and the height of a picture, in pixels."""
        return self._size

    def frame(self, observation: Floats) -> NDArray[np.uint8]:
        """The picture of this observation: [height, width, 3]."""
        return np.asarray(self._picture(observation))

    def jpeg(self, observation: Floats) -> bytes:
        """The picture of this observation as a JPEG file."""
        return _file_of(self._picture(observation), "JPEG", quality=JPEG_QUALITY)

    def cutout(self, observation: Floats) -> Cutout:
        """The exact picture of this observation, without the background."""
        return self._cutout_of(self._picture(observation))

    def shared_cutout(self, observation: Floats) -> Cutout:
        """A cutout that shows nearly this observation. All visitors share these cutouts.

        Positions in the picture are wrong by at most about one pixel, and angles by at most 0.2
        degrees (Acrobot: 1 degree). The latest `SHARED_PICTURES` cutouts are kept.
        """
        state = _state(self._env_id, observation).tolist()
        pairs = zip(state, self._spacings, strict=True)
        first, *rest = (round(value / gap) if gap else 0 for value, gap in pairs)
        if not self._slides:
            return self._shared((first, *rest))
        middle = self._shared((0, *rest))
        return middle._replace(left=middle.left + first * self._slides)

    def _cutout_at(self, place: tuple[int, ...]) -> Cutout:
        """The cutout of a state. To get the state, `place` is multiplied by the spacings."""
        return self._cutout_of(self._picture_of(np.array(place) * self._spacings))

    def _cutout_of(self, picture: Image.Image) -> Cutout:
        """The smallest rectangle that contains all pixels that differ from the background."""
        box = ImageChops.difference(picture, self._background).getbbox() or (0, 0, 1, 1)
        return Cutout(_webp_file(picture.crop(box)), *box[:2])

    def _common_pixels(self) -> Image.Image:
        """The background: each pixel has the same colour in at least two of three pictures."""
        one, other, third = (
            np.asarray(self._picture_of(np.array(state))) for state in _APART[self._env_id]
        )
        moves = (one != other).any(axis=2, keepdims=True)
        return Image.fromarray(np.where(moves, third, one))

    def _picture(self, observation: Floats) -> Image.Image:
        return self._picture_of(_state(self._env_id, observation))

    def _picture_of(self, state: NDArray[np.float64]) -> Image.Image:
        """The picture of a state, copied directly from pygame's surface."""
        with self._lock:
            self._environment.state = state
            self._environment.render()
            memory = self._environment.screen.get_view("0")
            return Image.frombytes("RGB", self._size, memory, "raw", self._order)


@cache
def shared_renderer(env_id: str) -> FrameRenderer:
    """The only renderer of an environment in this process; all runs share this renderer.

    The renderer is never closed, because Gymnasium's `close` would stop pygame for all renderers.
    """
    return FrameRenderer(env_id)


def _file_of(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a picture file in the format `kind`, written with Pillow's `options`."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _webp_file(picture: Image.Image) -> bytes:
    """The bytes of a WebP file with lossless compression."""
    return _file_of(picture, "WEBP", lossless=True, method=1, quality=20)


def _state(env_id: str, observation: Floats) -> NDArray[np.float64]:
    """The internal state of the environment that belongs to this observation."""
    values = np.asarray(observation, dtype=np.float64)
    if env_id.startswith("Acrobot"):
        cos_1, sin_1, cos_2, sin_2, velocity_1, velocity_2 = values
        angles = math.atan2(sin_1, cos_1), math.atan2(sin_2, cos_2)
        return np.array([*angles, velocity_1, velocity_2])
    return values
