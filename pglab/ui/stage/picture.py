"""The contents of a stage: the numbers, the progress bar, the panels, and a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pglab.looks.render import Cutout
from pglab.plots.figures import Figure

Emphasis = Literal["none", "dim", "lit", "frame", "bars"]
"""How a panel is emphasised; "frame" and "bars" emphasise only a player's frame or its bars."""


@dataclass(frozen=True)
class Frame:
    """One frame of the player's video, with the chosen action and each action's probability."""

    image: Cutout
    probabilities: tuple[float, ...]
    """The probability π(a|s) of each action a for the picture's observation s."""
    action: int | None
    """The action chosen for the picture's observation, or None if no action is chosen yet."""
    point: tuple[float, float]
    """The coordinates of the picture's observation on the two axes of the heatmaps."""
    episode: int
    """The number of the picture's episode; each episode has its own path in the heatmaps."""
    caption: str
    slice: int = 0
    """The index of the heatmap slice that contains the picture's observation."""
    number: int = 0
    """If visitors can stop the player at this frame, a number that no other frame has."""


@dataclass(frozen=True)
class PlayerPanel:
    """A panel that plays frames and, beside the frames, shows one bar for each action."""

    key: str
    title: str
    subtitle: str
    frames: tuple[Frame, ...]
    mode: Literal["stream", "loop", "still"]
    clip: int
    """The number of the clip; in the modes "loop" and "still", a new number restarts the player."""
    frames_per_second: float
    action_names: tuple[str, ...]
    action_colours: tuple[str, ...]
    aspect: float
    """The width of a frame divided by its height."""
    background: bytes
    """A WebP file with the background; the browser draws each frame's cutout on this background."""
    emphasis: Emphasis = "none"
    first: int = 0
    """The position of `frames[0]` in the clip; the browser already has the earlier frames."""
    held: int | None = None
    """The number of the frame at which a new clip stops, or None if the clip plays."""


@dataclass(frozen=True)
class Heading:
    """The heading of a figure's lower plot."""

    title: str
    subtitle: str
    detail: str
    """The explanation that appears when the pointer is over the heading."""


@dataclass(frozen=True)
class Slices:
    """The values of a heatmap in K slices: one slice for each frame, or one slice for all frames.

    The browser interpolates between the points of the grid. If `logistic` is true, `values` are
    log-odds, and the heatmap shows them as probabilities.
    """

    values: NDArray[np.float32]
    """[K, rows, columns]; the first row is at the bottom of the heatmap."""
    subtitles: tuple[str, ...]
    """[K] subtitles of the figure, one for each slice."""
    nodes: tuple[tuple[tuple[int, float] | None, ...], ...]
    """[K, 2]: the moved grid column and the moved grid row of each slice.

    Grid points are evenly spaced, but one column and one row may be moved. An entry holds the index
    of the moved column or row, and its distance from the first column or row in grid steps. An
    entry is None if no column or row is moved.
    """
    logistic: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """The value that becomes 0 in `levels`, and the value that becomes 255."""
        low, high = float(self.values.min()), float(self.values.max())
        return low, max(high, low + 1e-6)

    @property
    def levels(self) -> NDArray[np.uint8]:
        """`values`, scaled to whole numbers from 0 to 255."""
        low, high = self.ends
        levels: NDArray[np.uint8] = np.rint((self.values - low) * (255 / (high - low))).astype(
            np.uint8
        )
        return levels


@dataclass(frozen=True)
class FigurePanel:
    """A panel with a Plotly figure; the theme sets all colours that the figure does not set."""

    key: str
    title: str
    subtitle: str
    figure: Figure
    playhead: str | None = None
    """The key of a player; a moving ring marks this player's observation in the figure."""
    patient: bool = False
    """Whether Plotly draws this figure at most twice a second during a run.

    Between two of Plotly's drawings, the stage itself draws new points and lines. If new points lie
    outside the axes, Plotly draws the figure sooner.
    """
    alt: str = ""
    emphasis: Emphasis = "none"
    detail: str = ""
    """The explanation that appears when the pointer is over the heading."""
    lower: Heading | None = None
    """The heading of the lower plot, if the figure has a second vertical axis."""
    slices: Slices | None = None
    """If given, the slices replace the heatmap's cells, and their subtitles replace `subtitle`."""


@dataclass(frozen=True)
class PendingPanel:
    """A figure panel that is made when the picture is packed, so that the run can go on training.

    `make` must need nothing that training changes.
    """

    key: str
    playhead: str | None
    """The key of a player, as in `FigurePanel`; the panel of `make` has no playhead."""
    make: Callable[[], FigurePanel]

    def made(self) -> FigurePanel:
        """Make the panel."""
        return replace(self.make(), playhead=self.playhead)


Panel = PlayerPanel | FigurePanel | PendingPanel


def without_missing_player(panels: Sequence[Panel]) -> list[Panel]:
    """Return the panels. If a figure's player is not among the panels, the figure shows no ring."""
    players = {panel.key for panel in panels if isinstance(panel, PlayerPanel)}
    return [
        panel
        if isinstance(panel, PlayerPanel) or panel.playhead in players
        else replace(panel, playhead=None)
        for panel in panels
    ]


@dataclass(frozen=True)
class Number:
    """One number with its label, in the row above the panels."""

    label: str
    value: str
    help: str


@dataclass(frozen=True)
class Progress:
    """The progress bar below the numbers."""

    fraction: float
    label: str
    marker_label: str | None
    """The milestone that the run has reached, such as "solved", or None before the milestone."""
    help: str = ""
    """The explanation that appears when the pointer is over the label."""


@dataclass(frozen=True)
class Table:
    """A table below the panels; each column has a name and a colour."""

    names: Sequence[str]
    colours: Sequence[str]
    rows: Mapping[str, Sequence[str]]
    """The texts of each row, one text for each column; the keys are the names of the rows."""


@dataclass(frozen=True)
class Picture:
    """Everything that a stage shows at one moment."""

    panels: Sequence[Panel]
    numbers: Sequence[Number] = ()
    progress: Progress | None = None
    table: Table | None = None
    more: bool = False
    """Whether the next picture can show further frames of the same clip."""

    def __post_init__(self) -> None:
        """Raises ValueError if two panels share a key, or if a player or a colour is missing."""
        keys = [panel.key for panel in self.panels]
        if len(set(keys)) != len(keys):
            raise ValueError(f"the keys of the panels are not unique: {keys}")
        players = {panel.key for panel in self.panels if isinstance(panel, PlayerPanel)}
        for panel in self.panels:
            if isinstance(panel, PlayerPanel):
                if len(panel.action_names) != len(panel.action_colours):
                    raise ValueError(f"panel {panel.key!r}: each action needs one colour")
            elif panel.playhead not in players | {None}:
                raise ValueError(f"panel {panel.key!r}: there is no player {panel.playhead!r}")
