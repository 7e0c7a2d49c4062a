"""The scenery: all data that the panels of one redraw need."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, wraps
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.curves import UsualBand
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.looks.probes import Quantity, Slice, maps_over
from pglab.networks import copies_of
from pglab.plots.figures import step_limit
from pglab.session.bench import Bench
from pglab.session.stored.usual_curves import usual_band
from pglab.session.training_session import TrainingSession
from pglab.ui.stage.picture import Panel, PendingPanel
from pglab.ui.stage.rhythm import shared_rhythm
from pglab.ui.stage.video.player import Showing

# The number of grid points along each axis of a heatmap. If the heatmap follows the player, each
# frame has its own grid with fewer points. On a busy server, all frames share one such small grid.
# The browser interpolates between the grid points.
FIXED_RESOLUTION, FOLLOWING_RESOLUTION = 41, 21
PATIENCE = 0.45  # seconds between two drawings of a patient panel, as in js/figures.js

Value = TypeVar("Value")


class computed_once(Generic[Value]):  # noqa: N801  It is used like `property`.
    """A property that is computed at its first use.

    Python 3.11's `cached_property` has one lock for all objects of a class. With this lock, one
    visitor's picture would wait for another visitor's picture.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __get__(self, scenery: object, _kind: type) -> Value:
        value = scenery.__dict__[self._compute.__name__] = self._compute(scenery)
        return value


@dataclass(frozen=True)
class View:
    """Says what the heatmaps show.

    The policy's heatmap shows the probability of `action`. The critic's heatmap shows `quantity`:
    V(s), or the action value or the advantage of `critic_action`.
    """

    plane: Slice
    action: int
    quantity: Quantity
    critic_action: int
    follows: bool = False
    """If true, the heatmaps show planes parallel to `plane` through the player's observations."""


class Maps:
    """The values of π and Q on planes, for the parameters that the networks have now.

    The values are computed at their first use, from copies of the networks. So meanwhile, the run
    can train. On a busy server, the values are computed at once, because the small grid takes
    little longer than the copies.
    """

    def __init__(self, networks: Mapping[str, nn.Module], planes: Sequence[Slice]) -> None:
        """The caller must hold the lock of the run."""
        self.planes = planes
        if shared_rhythm().slow:
            self._networks = networks
            _ = self.values
        else:
            self._networks = copies_of(networks)

    @computed_once
    def values(self) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """The values of π and Q: two arrays of shape [K, Y, X, A].

        There are K planes and A actions; each plane has a grid of Y rows and X columns. Q is None
        if the agent has no action-value critic.
        """
        return maps_over(self._networks, self.planes, resolution(self.planes))


@dataclass(frozen=True)
class Scenery:
    """All data that the panels of one redraw need."""

    key: str
    bench: Bench
    view: View
    showing: Showing
    shows_usual: bool = True  # whether figures show the band of the stored runs
    shows_reading: bool = True  # whether figures show the progress reading

    @property
    def info(self) -> EnvironmentInfo:
        """Facts about the environment, such as its actions and its range of returns."""
        return ENVIRONMENTS[self.bench.session.config.env_id]

    @computed_once
    def maps(self) -> Maps:
        """The values that the networks of the shown seed have on the shown planes."""
        return Maps(self.bench.shown_session.networks, self.showing.planes)

    @computed_once
    def usual(self) -> UsualBand | None:
        """The learning curve of the stored runs, or None if there is no curve to show."""
        return usual_band(self.key, self.bench.session.config) if self.shows_usual else None

    @computed_once
    def spread(self) -> UsualBand | None:
        """The median and quartiles of all seeds, or None for one seed or too few returns."""
        return self.bench.spread()

    @computed_once
    def step_limit(self) -> float:
        """The environment step at which the horizontal axes of all panels end."""
        bench = self.bench
        compared = [float(curve.steps[-1]) for curve in bench.earlier_curves() if len(curve.steps)]
        if self.usual is not None and not compared:
            compared = [float(self.usual.steps[-1])]
        guessed = bench.guess.end if bench.guess is not None else 0.0
        reached = max(bench.furthest, guessed)
        return step_limit(reached, bench.session.config.total_steps, compared)


PanelMaker = Callable[[Scenery], Panel]


def made_rarely(make: Callable[[Scenery], PendingPanel]) -> Callable[[Scenery], PendingPanel]:
    """Make a costly patient panel as rarely as Plotly draws it: at most twice a second.

    This is for a panel of which the stage draws nothing between two of Plotly's drawings. A busy
    server makes the panel even more rarely. While no run trains, the panel is made for each
    picture.
    """
    latest: WeakKeyDictionary[TrainingSession, tuple[float, PendingPanel]] = WeakKeyDictionary()

    @wraps(make)
    def panel(scene: Scenery) -> PendingPanel:
        session, now = scene.bench.shown_session, time.perf_counter()
        made_at, made = latest.get(session, (-math.inf, None))
        due = made_at + PATIENCE * shared_rhythm().slowness
        if made is None or not scene.bench.running or now >= due:
            made = make(scene)
            made = replace(made, make=cache(made.make))  # all pictures share one figure
            latest[session] = now, made
        return made

    return panel


def resolution(planes: Sequence[Slice]) -> int:
    """Return the number of grid points along each axis of a plane."""
    follows = planes[0].has_node
    few = len(planes) > 1 or (follows and shared_rhythm().slow)
    return FOLLOWING_RESOLUTION if few else FIXED_RESOLUTION
