"""The interfaces of the objects that a live channel trains and draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pglab.session.sharing.gate import Gate
from pglab.ui.stage.picture import Picture


class Draw(Protocol):
    """Makes a picture of a run. If `resume` is true, the picture continues the previous clip."""

    def __call__(self, *, resume: bool) -> Picture:
        """Make the picture."""


class Driven(Protocol):
    """The object that a page trains: one agent's runs with all seeds, or a comparison of agents."""

    lock: Gate

    @property
    def running(self) -> bool:
        """Whether training is in progress: it has started, and is neither paused nor finished."""

    @property
    def busy(self) -> bool:
        """Whether the run is training, or runs with further seeds are catching up with it."""

    @property
    def next_turn(self) -> float:
        """The time at which the next turn of training is due; infinity if no turn is due."""

    @property
    def milliseconds_per_1000_steps(self) -> float | None:
        """Mean processor time of training 1000 steps of one run; None before the first step."""

    def take_turn(self) -> None:
        """Train for a short time."""


@dataclass(frozen=True)
class View:
    """All that a channel needs to draw a stage again after a Streamlit script has drawn it."""

    driven: Driven
    draw: Draw
    is_outdated: Callable[[], bool]
    script: int  # time in microseconds at which the script drew the stage
