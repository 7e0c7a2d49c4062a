"""The stage: one component that shows a running experiment and drives its training.

Streamlit's own chart element is mounted anew whenever its data change, which flickers and
forgets the zoom. The stage keeps its Plotly graphs instead and updates them in place. It
also asks the server for the next tick of training while the browser still paints the last.
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

# The stage's own scripts are served likewise: what a component is given as text goes with every
# message. The name changes with the scripts, so that no browser keeps former ones.
_SCRIPTS = _HERE / "js"
_SOURCE = b"".join(path.read_bytes() for path in sorted(_SCRIPTS.glob("*.js")))
_STAGE_JS = declare_component(f"stage_js_{sha256(_SOURCE).hexdigest()[:8]}", path=_SCRIPTS)


def js_export(name: str, script: str = "stage.js") -> str:
    """A script that gives Streamlit one function of one of the scripts in `js`."""
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

# Takes further pictures to a stage: Streamlit lets a run of a script draw a component only once.
_courier = st.components.v2.component("pglab_courier", js=js_export("deliver"))


Emphasis = Literal["none", "dim", "lit", "frame", "bars"]
"""How a panel stands out from the others; of a player only its frame or its bars may."""


@dataclass(frozen=True)
class Frame:
    """One picture of the player and what the policy made of it."""

    jpeg: bytes
    probabilities: tuple[float, ...]
    """pi(a|s) of the observation in the picture."""
    action: int | None
    """The action then chosen; None where none was chosen yet."""
    point: tuple[float, float]
    """Where this observation lies on the axes of the figure with the playhead."""
    episode: int
    """Identity of the episode that the picture belongs to: the trail begins anew with it."""
    caption: str
    slice: int = 0
    """Which of the figures' slices goes through this observation."""


@dataclass(frozen=True)
class PlayerPanel:
    """Plays frames beside one bar per action."""

    key: str
    title: str
    subtitle: str
    frames: tuple[Frame, ...]
    mode: Literal["stream", "loop", "still"]
    clip: int
    """Identity of the clip: "loop" and "still" restart only when it changes."""
    frames_per_second: float
    action_names: tuple[str, ...]
    action_colours: tuple[str, ...]
    aspect: float
    """Width over height of the frames."""
    emphasis: Emphasis = "none"


@dataclass(frozen=True)
class Heading:
    """The heading of a figure's lower plot."""

    title: str
    subtitle: str
    detail: str
    """What the pointer over it explains."""


@dataclass(frozen=True)
class Slices:
    """The cells of a heatmap for each frame of its player, or the same for all.

    Between the points of its grid a slice is interpolated. Where `logistic`, the values are
    log-odds of the probabilities that are shown.
    """

    values: NDArray[np.float32]
    """[K, rows, columns], the first row lowest."""
    subtitles: tuple[str, ...]
    """[K]"""
    nodes: tuple[tuple[tuple[int, float] | None, ...], ...]
    """[K, 2]: of the columns and of the rows, which is not evenly spaced but so many steps from
    the first."""
    logistic: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """Values of the levels 0 and 255."""
        low, high = float(self.values.min()), float(self.values.max())
        return low, max(high, low + 1e-6)

    @property
    def levels(self) -> NDArray[np.uint8]:
        """The values to 8 bits."""
        low, high = self.ends
        levels: NDArray[np.uint8] = np.rint((self.values - low) * (255 / (high - low))).astype(
            np.uint8
        )
        return levels


@dataclass(frozen=True)
class FigurePanel:
    """Shows a Plotly figure, coloured by the theme wherever it names no colour itself."""

    key: str
    title: str
    subtitle: str
    figure: Figure
    playhead: str | None = None
    """Key of the player whose points are drawn on this figure as a moving ring."""
    patient: bool = False
    """While running, drawn by Plotly at most twice a second or when its marks outgrow its axes.

    In between, the marks move alone.
    """
    alt: str = ""
    emphasis: Emphasis = "none"
    detail: str = ""
    """What the pointer over the heading explains."""
    lower: Heading | None = None
    """Of a figure with a second vertical axis: what stands above the plot of that."""
    slices: Slices | None = None
    """In place of the figure's own cells and of the subtitle."""


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
    """A milestone that has been reached, e.g. "solved"; None until then."""
    help: str = ""
    """What the pointer over the label explains."""


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

    ``sequence`` must grow whenever training or the frames to stream have gone on: while
    ``running``, each new sequence makes the browser ask for exactly one further tick, which
    calls ``on_tick`` and reruns the fragment around this call. A run of that fragment may draw
    several pictures, of which this is ``number``, from 0. Where there are ``more`` to come, the
    browser does not ask for them. One stage of a page may be a ``landmark``: screen readers list
    it, and a skip link leads to it.
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
    """What the browser is sent: length of the JSON text, the text, the pictures.

    Pictures are no part of the text, since a browser reads base64 far more slowly.
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
    """A panel as JSON values; its pictures are appended to `pictures`."""
    heading = {
        "key": panel.key,
        "title": panel.title,
        "subtitle": panel.subtitle,
        "emphasis": panel.emphasis,
    }
    if isinstance(panel, FigurePanel):
        return heading | {
            "kind": "figure",
            "figure": json.dumps(_without_cells(panel)),  # as text, which the browser compares
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
    """The figure, without the cells that its slices replace."""
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
