"""The stage: a Streamlit component that shows a run and asks the server to train it further.

If the data of a chart change, Streamlit replaces the chart, which flickers and loses its zoom. The
stage keeps its Plotly graphs and updates them in place. While the browser still paints a picture,
the stage already asks the server for the next tick: for more training and a new picture.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
import plotly
import streamlit as st
from numpy.typing import NDArray
from streamlit.components.v1 import declare_component

from pglab.language import _
from pglab.plots.figures import Figure

_HERE = Path(__file__).parent
# The package `plotly` contains plotly.js; Streamlit serves the files of a declared folder.
_PLOTLY_JS = declare_component("plotly_js", path=Path(plotly.__file__).parent / "package_data")
_PLOTLY_URL = f"component/{_PLOTLY_JS.name}/plotly.min.js?v={plotly.__version__}"

# Streamlit sends a component's inline script with every message, so the stage's scripts are served
# as files too. Their address changes with their text, so that no browser uses old scripts.
_SCRIPTS = _HERE / "js"
_SOURCE = b"".join(path.read_bytes() for path in sorted(_SCRIPTS.glob("*.js")))
_STAGE_JS = declare_component(f"stage_js_{sha256(_SOURCE).hexdigest()[:8]}", path=_SCRIPTS)


def js_export(name: str, script: str = "stage.js") -> str:
    """Return a component's inline script.

    The script imports the function `name` from the file `script` in the folder `js`, and exports it
    to Streamlit.
    """
    return f"""
        const address = new URL("component/{_STAGE_JS.name}/{script}", document.baseURI);
        const {{ {name} }} = await import(address.href);
        export default {name};
    """


# The styles are not isolated, since plotly.js puts its style rules into the document.
_component = st.components.v2.component(
    "pglab_stage",
    css=(_HERE / "stage.css").read_text(encoding="utf-8"),
    js=js_export("mount"),
    isolate_styles=False,
)

# Brings further pictures to a stage: one script run can draw each component only once.
_courier = st.components.v2.component("pglab_courier", js=js_export("deliver"))


Emphasis = Literal["none", "dim", "lit", "frame", "bars"]
"""How a panel is emphasised; "frame" and "bars" emphasise only this part of a player."""


@dataclass(frozen=True)
class Frame:
    """One picture of the player, with the chosen action and the probability of each action."""

    jpeg: bytes
    probabilities: tuple[float, ...]
    """π(a|s) for the observation in the picture."""
    action: int | None
    """The action chosen for the picture's observation; None before the choice."""
    point: tuple[float, float]
    """The coordinates of the picture's observation on the two axes of the heatmaps."""
    episode: int
    """The number of the picture's episode; each episode has its own path in the heatmaps."""
    caption: str
    slice: int = 0
    """The index in `FigurePanel.slices` of the slice that contains the picture's observation."""


@dataclass(frozen=True)
class PlayerPanel:
    """Plays frames, and shows one bar for each action beside them."""

    key: str
    title: str
    subtitle: str
    frames: tuple[Frame, ...]
    mode: Literal["stream", "loop", "still"]
    clip: int
    """The number of the clip; a new number restarts playing in the modes "loop" and "still"."""
    frames_per_second: float
    action_names: tuple[str, ...]
    action_colours: tuple[str, ...]
    aspect: float
    """The width of a frame divided by its height."""
    emphasis: Emphasis = "none"


@dataclass(frozen=True)
class Heading:
    """The heading of a figure's lower plot."""

    title: str
    subtitle: str
    detail: str
    """The explanation that appears when the pointer is over the heading."""


@dataclass(frozen=True)
class Slices:
    """The values of a heatmap in K slices: one for each frame, or one for all frames.

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
    of the moved column or row, and its distance from the first one in grid steps. The entry is None
    if no column or row is moved.
    """
    logistic: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """The values that become 0 and 255 in `levels`."""
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
    """Shows a Plotly figure; the theme sets all colours that the figure does not set."""

    key: str
    title: str
    subtitle: str
    figure: Figure
    playhead: str | None = None
    """The key of a player; a moving ring marks this player's observation in the figure."""
    patient: bool = False
    """Whether Plotly draws this figure at most twice a second during a run.

    In between, the stage itself draws the new points and lines. If they leave the axes, Plotly
    draws earlier.
    """
    alt: str = ""
    emphasis: Emphasis = "none"
    detail: str = ""
    """The explanation that appears when the pointer is over the heading."""
    lower: Heading | None = None
    """The heading of the lower plot, if the figure has a second vertical axis."""
    slices: Slices | None = None
    """The slices replace the cells of `figure`, and their subtitles replace `subtitle`."""


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
    """The milestone that the run has reached, such as "solved"; None before the milestone."""
    help: str = ""
    """The explanation that appears when the pointer is over the label."""


def stage(
    *,
    key: str,
    sequence: int,
    running: bool,
    panels: Sequence[PlayerPanel | FigurePanel],
    numbers: Sequence[Number] = (),
    progress: Progress | None = None,
    on_tick: Callable[[], None] = lambda: None,
    number: int = 0,
    more: bool = False,
    landmark: bool = False,
) -> None:
    """Draw the stage, or update it if the browser already shows it.

    Args:
        key: distinguishes this stage from others.
        sequence: a number that must grow whenever there are new steps or new frames. If `running`
            is true, the browser asks for one tick after each new number. The tick calls `on_tick`
            and reruns the fragment that calls this function.
        running: whether the browser asks for ticks.
        panels: the pictures, in order.
        numbers: the tiles above the panels.
        progress: the bar below the numbers, if there is one.
        on_tick: the callback of a tick.
        number: the index of this picture among the pictures that one run of the fragment draws;
            the first picture has the index 0.
        more: whether this run of the fragment draws further pictures; if so, the browser does not
            ask for a tick yet.
        landmark: whether screen readers list this stage and a skip link leads to it. At most one
            stage of a page may be a landmark.
    """
    data = message(
        stage=key,
        number=number,
        more=more,
        sequence=sequence,
        running=running,
        panels=panels,
        numbers=numbers,
        progress=progress,
        landmark=landmark,
    )
    if number:
        _courier(key=f"{key}.courier_{number}", data=data)
    else:
        _component(key=key, data=data, on_tick_change=on_tick)


def message(
    *,
    stage: str,
    number: int,
    more: bool,
    sequence: int,
    running: bool,
    panels: Sequence[PlayerPanel | FigurePanel],
    numbers: Sequence[Number],
    progress: Progress | None,
    landmark: bool = False,
) -> bytes:
    """Pack a message for the browser: the length of a JSON text, this text, and the pictures."""
    _check(panels)
    pictures = bytearray()  # pictures as base64 text in the JSON would slow down the browser
    content = {
        "stage": stage,
        "landmark": landmark,
        "number": number,
        "more": more,
        "sequence": sequence,
        "running": running,
        "plotly": _PLOTLY_URL,
        "messages": {
            "chartsFailed": _("The charts cannot be drawn: the browser could not load plotly.js."),
            "progress": _("Progress"),
            "landmark": _("Numbers and pictures"),
        },
        "numbers": [asdict(number) for number in numbers],
        "progress": None if progress is None else asdict(progress),
        "panels": [_encode_panel(panel, pictures) for panel in panels],
    }
    text = json.dumps(content).encode()
    return len(text).to_bytes(4, "little") + text + pictures


def _check(panels: Sequence[PlayerPanel | FigurePanel]) -> None:
    keys = [panel.key for panel in panels]
    if len(set(keys)) != len(keys):
        raise ValueError(f"the keys of the panels are not unique: {keys}")
    players = {panel.key for panel in panels if isinstance(panel, PlayerPanel)}
    for panel in panels:
        if isinstance(panel, FigurePanel) and panel.playhead not in players | {None}:
            raise ValueError(f"panel {panel.key!r}: there is no player {panel.playhead!r}")
        if isinstance(panel, PlayerPanel) and len(panel.action_names) != len(panel.action_colours):
            raise ValueError(f"panel {panel.key!r}: each action needs one colour")


def _encode_panel(panel: PlayerPanel | FigurePanel, pictures: bytearray) -> dict[str, Any]:
    """Encode a panel as JSON values, and append its pictures to `pictures`."""
    heading = {
        "key": panel.key,
        "title": panel.title,
        "subtitle": panel.subtitle,
        "emphasis": panel.emphasis,
    }
    if isinstance(panel, FigurePanel):
        return heading | {
            "kind": "figure",
            "figure": json.dumps(_without_cells(panel)),  # text is cheap to compare in the browser
            "slices": _encode_slices(panel.slices, pictures),
            "playhead": panel.playhead,
            "patient": panel.patient,
            "alt": panel.alt,
            "detail": panel.detail,
            "lower": None if panel.lower is None else asdict(panel.lower),
        }
    return heading | {
        "kind": "player",
        "frames": [_encode_frame(frame, pictures) for frame in panel.frames],
        "mode": panel.mode,
        "clip": panel.clip,
        "framesPerSecond": panel.frames_per_second,
        "actions": [
            {"name": name, "colour": colour}
            for name, colour in zip(panel.action_names, panel.action_colours, strict=True)
        ],
        "aspect": panel.aspect,
    }


def _without_cells(panel: FigurePanel) -> Figure:
    """Return the panel's figure; leave out its heatmap cells if slices replace these cells."""
    if panel.slices is None:
        return panel.figure
    heatmap, *others = panel.figure["data"]
    heatmap = {name: value for name, value in heatmap.items() if name != "z"}
    return {**panel.figure, "data": [heatmap, *others]}


def _encode_slices(slices: Slices | None, pictures: bytearray) -> dict[str, Any] | None:
    if slices is None:
        return None
    start = len(pictures)
    pictures.extend(slices.levels.tobytes())
    _count, rows, columns = slices.values.shape
    return {
        "levels": [start, len(pictures)],
        "rows": rows,
        "columns": columns,
        "ends": slices.ends,
        "nodes": slices.nodes,
        "logistic": slices.logistic,
        "subtitles": slices.subtitles,
    }


def _encode_frame(frame: Frame, pictures: bytearray) -> dict[str, Any]:
    start = len(pictures)
    pictures.extend(frame.jpeg)
    return {
        "jpeg": [start, len(pictures)],
        "probabilities": [round(float(p), 4) for p in frame.probabilities],
        "action": frame.action,
        "point": [float(value) for value in frame.point],
        "episode": frame.episode,
        "caption": frame.caption,
        "slice": frame.slice,
    }
