"""The stage: one component that shows a run and drives its training.

Streamlit remounts its own chart element whenever the data change, so the chart flickers and loses
its zoom. The stage keeps its Plotly graphs and updates them in place. It also asks the server for
the next tick while the browser still paints the last one.
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
# The plotly package brings its own plotly.js; declaring the folder makes Streamlit serve it.
_PLOTLY_JS = declare_component("plotly_js", path=Path(plotly.__file__).parent / "package_data")
_PLOTLY_URL = f"component/{_PLOTLY_JS.name}/plotly.min.js?v={plotly.__version__}"

# The stage's own scripts are served in the same way, since Streamlit sends a component's inline
# script with every message. The name changes with the scripts, so that no browser caches old ones.
_SCRIPTS = _HERE / "js"
_SOURCE = b"".join(path.read_bytes() for path in sorted(_SCRIPTS.glob("*.js")))
_STAGE_JS = declare_component(f"stage_js_{sha256(_SOURCE).hexdigest()[:8]}", path=_SCRIPTS)


def js_export(name: str, script: str = "stage.js") -> str:
    """The script of a component that exports one function of a script in the folder `js`."""
    return f"""
        const address = new URL("component/{_STAGE_JS.name}/{script}", document.baseURI);
        const {{ {name} }} = await import(address.href);
        export default {name};
    """


# Not isolated in a shadow root: plotly.js puts its style rules into the document.
_component = st.components.v2.component(
    "pglab_stage",
    css=(_HERE / "stage.css").read_text(encoding="utf-8"),
    js=js_export("mount"),
    isolate_styles=False,
)

# Brings further pictures to a stage, since one script run can draw a component only once.
_courier = st.components.v2.component("pglab_courier", js=js_export("deliver"))


Emphasis = Literal["none", "dim", "lit", "frame", "bars"]
"""How a panel stands out; in a player, the frame or the bars may stand out alone."""


@dataclass(frozen=True)
class Frame:
    """One picture of the player, with the policy's probabilities and action in it."""

    jpeg: bytes
    probabilities: tuple[float, ...]
    """π(a|s) for the observation in the picture."""
    action: int | None
    """The action chosen in this observation; None if none is chosen yet."""
    point: tuple[float, float]
    """The coordinates of this observation on the axes of the figure with the playhead."""
    episode: int
    """The number of the picture's episode; the trail starts again with each episode."""
    caption: str
    slice: int = 0
    """The index of the slice through this observation, in the figures' `slices`."""


@dataclass(frozen=True)
class PlayerPanel:
    """Plays frames beside one bar per action."""

    key: str
    title: str
    subtitle: str
    frames: tuple[Frame, ...]
    mode: Literal["stream", "loop", "still"]
    clip: int
    """The number of the clip; "loop" and "still" restart only when it changes."""
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
    """The cells of a heatmap: K slices, one for each frame of the player or one for all.

    The browser interpolates between the points of the grid. If `logistic`, the values are the
    log-odds of the probabilities that are shown.
    """

    values: NDArray[np.float32]
    """[K, rows, columns]; the first row is the lowest."""
    subtitles: tuple[str, ...]
    """[K]"""
    nodes: tuple[tuple[tuple[int, float] | None, ...], ...]
    """[K, 2]: for columns and rows, the index of the point that is not evenly spaced and its
    distance from the first point in grid steps; None if all are evenly spaced."""
    logistic: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """The values that the levels 0 and 255 stand for."""
        low, high = float(self.values.min()), float(self.values.max())
        return low, max(high, low + 1e-6)

    @property
    def levels(self) -> NDArray[np.uint8]:
        """The values, rounded to 8 bits."""
        low, high = self.ends
        levels: NDArray[np.uint8] = np.rint((self.values - low) * (255 / (high - low))).astype(
            np.uint8
        )
        return levels


@dataclass(frozen=True)
class FigurePanel:
    """Shows a Plotly figure; the theme sets every colour that the figure leaves open."""

    key: str
    title: str
    subtitle: str
    figure: Figure
    playhead: str | None = None
    """The key of the player whose observation this figure marks with a moving ring."""
    patient: bool = False
    """While running, Plotly draws this figure at most twice a second, or if marks leave the axes.

    In between, only the marks move.
    """
    alt: str = ""
    emphasis: Emphasis = "none"
    detail: str = ""
    """The explanation that appears when the pointer is over the heading."""
    lower: Heading | None = None
    """The heading of the lower plot, if the figure has a second vertical axis."""
    slices: Slices | None = None
    """Cells and subtitles that replace the figure's own."""


@dataclass(frozen=True)
class Number:
    """One tile of the numbers row."""

    label: str
    value: str
    help: str


@dataclass(frozen=True)
class Progress:
    """The bar below the numbers."""

    fraction: float
    label: str
    marker_label: str | None
    """The milestone that the run has reached, such as "solved"; None before."""
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
    """Mount the stage or update it in place.

    Args:
        key: distinguishes this stage from others.
        sequence: must grow whenever there are new steps or new frames. While `running`, each new
            sequence makes the browser ask for one further tick. The tick calls `on_tick` and
            reruns the fragment around this call.
        running: whether the browser asks for ticks.
        panels: the pictures, in order.
        numbers: the tiles above the panels.
        progress: the bar below the numbers, if there is one.
        on_tick: the callback of a tick.
        number: the index of this picture, from 0, if one run of the fragment draws several.
        more: whether further pictures follow in this run; the browser then asks for no tick yet.
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
    """Pack a message for the browser: the length of the JSON text, the text, the pictures.

    The pictures are not part of the text, since a browser reads base64 far more slowly.
    """
    _check(panels)
    pictures = bytearray()
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
            raise ValueError(f"panel {panel.key!r}: one colour per action is needed")


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
    """Return the figure without the cells that its slices replace."""
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
