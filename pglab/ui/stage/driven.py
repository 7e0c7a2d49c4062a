"""What a channel trains and draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pglab.session.sharing.gate import Gate
from pglab.ui.stage.picture import Picture


class Draw(Protocol):
    """Makes a picture of a run; with `resume`, more of what the previous picture began to show."""

    def __call__(self, *, resume: bool) -> Picture:
        """Make the picture."""


class Driven(Protocol):
    """The object that a page trains: an agent's run with its further seeds, or a comparison."""

    lock: Gate

    @property
    def running(self) -> bool:
        """Whether training is in progress: it has been started, and is neither paused nor ended."""

    @property
    def busy(self) -> bool:
        """Whether the run is training, or its further seeds are catching up with it."""

    @property
    def next_turn(self) -> float:
        """When the next turn of training is due; infinity if none is."""

    def take_turn(self) -> None:
        """Train for a short time."""


@dataclass(frozen=True)
class View:
    """What a script has drawn, so that the channel can draw it again."""

    driven: Driven
    draw: Draw
    is_outdated: Callable[[], bool]
    script: int  # when the script has drawn it
