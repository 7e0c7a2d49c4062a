"""Numbers a player's frames, so that the browser can say at which frame the visitor stopped it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from pglab.looks.forward import policy_of_one
from pglab.looks.fresh_episodes.demonstration import Scene

MOST_STREAMED = 400  # about 13 seconds: on a busy server, the visitor's stop may come late
FRAMES_BEFORE = 30  # the visitor can step back by this number of frames from the frame seen
FRAMES_AFTER = 60

# All players share these numbers, so that a late message never names a frame of another player.
_numbers = itertools.count(1)


class Reel:
    """The frames of a player: a clip, or the latest frames of a stream, each with its number."""

    def __init__(self) -> None:
        self.clip: list[Scene] = []
        self.numbers: list[int] = []  # the number of each scene of the clip
        self.held: int | None = None  # number of the clip's frame at which the player stops
        self._streamed: deque[tuple[int, Scene]] = deque(maxlen=MOST_STREAMED)
        self.stopped_at: int | None = None  # number of the frame where the visitor stopped last

    def stream(self, scenes: Sequence[Scene]) -> list[int]:
        """Add scenes to the stream, and return their numbers. The former clip is removed."""
        self.clip, self.numbers, self.held = [], [], None
        numbered = [(next(_numbers), scene) for scene in scenes]
        self._streamed.extend(numbered)
        return [number for number, _scene in numbered]

    def start(self, clip: Sequence[Scene]) -> None:
        """Begin a clip."""
        self.clip, self.held = [*clip], None
        self.numbers = [next(_numbers) for _scene in clip]
        self._streamed.clear()

    def stop_stream(self, number: int, policy: nn.Module) -> bool:
        """Make a clip of the stream's frames around the frame at which the player stops.

        The frames keep their numbers. The clip shows the probabilities of `policy`. If the frame is
        unknown, the result is False.
        """
        numbers = [of for of, _scene in self._streamed]
        if number not in numbers:
            return False
        place = numbers.index(number)
        around = slice(max(place - FRAMES_BEFORE, 0), place + 1 + FRAMES_AFTER)
        kept = [
            (of, scene)
            for of, scene in list(self._streamed)[around]
            # A state without an action follows once more with its action.
            if scene.action is not None or scene.ended or of == number
        ]
        self.numbers = [of for of, _scene in kept]
        probabilities_at = policy_of_one(policy)
        self.clip = [
            replace(scene, probabilities=probabilities_at(scene.observation)) for _of, scene in kept
        ]
        self.held = number
        return True

    @property
    def scene_to_explain(self) -> Scene | None:
        """The scene at which the visitor has stopped the clip, or else the clip's first scene.

        If there is no clip, the value is None.
        """
        if self.stopped_at in self.numbers:
            return self.clip[self.numbers.index(self.stopped_at)]
        return self.clip[0] if self.clip else None
