"""Packs pictures into messages for the browser.

A picture consists of named parts: JSON texts, heatmap cells, and frames. A message contains the
length of a JSON head, the head itself, and all parts that the browser does not have yet. The head
lists the names and lengths of the parts in the message. It also lists the names of the parts that
the browser keeps from the previous message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pglab.language import _
from pglab.ui.shell.assets import PLOTLY
from pglab.ui.stage.picture import FigurePanel, Frame, PendingPanel, Picture, PlayerPanel, Slices

Parts = Mapping[str, bytes]


@dataclass(frozen=True)
class Drawn:
    """A picture of a run, divided into named parts, and the time at which it was drawn."""

    sequence: int
    script: int  # time in microseconds at which a script last drew the page
    parts: dict[str, bytes]
    running: bool
    at: float
    by_script: bool = False  # whether a script sent this picture to the owner's browser
    has_frames: bool = False
    _packed: dict[tuple[int, bool], bytes] = field(default_factory=dict)

    def message(self, known: Drawn | None, *, watched: bool) -> bytes:
        """Pack the picture for a browser that already has the picture `known`.

        Browsers that need the same message share it. A watcher's message has 0 as the time of the
        script, because the watcher's page has a script of its own.
        """
        key = (-1 if known is None else known.sequence, watched)
        if key not in self._packed:
            script = 0 if watched else self.script
            head = {
                "sequence": self.sequence,
                "script": script,
                "running": self.running,
                "at": round(self.at, 4),  # the load test reads this time
            }
            self._packed[key] = message(head, self.parts, {} if known is None else known.parts)
        return self._packed[key]


def unchanging_head() -> dict[str, Any]:
    """Return the part that the heads of all messages to a page's stage have in common."""
    return {
        "plotly": PLOTLY,
        "messages": {
            "chartsFailed": _("The charts cannot be drawn: the browser could not load plotly.js."),
            "progress": _("Progress"),
            "landmark": _("Numbers and pictures"),
            "left": _("the owner of this run has left the page; training waits"),
        },
    }


def whole_message(head: Mapping[str, Any], picture: Picture | None) -> bytes:
    """Pack a head and all parts of a picture.

    If `picture` is None, the message has only a head, and the browser keeps its former picture.
    """
    return message(head, None if picture is None else parts_of(picture), {})


def message(head: Mapping[str, Any], parts: Parts | None, known: Parts) -> bytes:
    """Pack a head and the parts that differ from `known`, the parts of the previous message."""
    content = dict(head)
    sent: list[bytes] = []
    if parts is not None:
        fresh = {name: part for name, part in parts.items() if known.get(name) != part}
        content["sent"] = [[name, len(part)] for name, part in fresh.items()]
        content["kept"] = [name for name in parts if name not in fresh]
        sent = list(fresh.values())
    text = _text(content)
    return b"".join([len(text).to_bytes(4, "little"), text, *sent])


def parts_of(picture: Picture) -> dict[str, bytes]:
    """Return the named parts of a picture. Panels that are not made yet are made now."""
    texts: dict[str, Any] = {
        "numbers": picture.numbers,
        "progress": picture.progress,
        "table": picture.table,
        "panels": [panel.key for panel in picture.panels],
    }
    parts = {name: _text(value) for name, value in texts.items()}
    for panel in picture.panels:
        if isinstance(panel, PlayerPanel):
            _add_player(panel, parts)
        else:
            _add_figure(panel.made() if isinstance(panel, PendingPanel) else panel, parts)
    return parts


def _text(value: object) -> bytes:
    """Encode a value as JSON in UTF-8 with orjson, because Python's `json` module is too slow."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def _add_figure(panel: FigurePanel, parts: dict[str, bytes]) -> None:
    """Add the parts of a figure panel: its data, the figure's layout and traces, and the slices."""
    figure = panel.figure
    traces, slices = figure["data"], panel.slices
    if slices is not None:  # the slices replace the heatmap's cells
        heatmap = {name: value for name, value in traces[0].items() if name != "z"}
        traces = [heatmap, *traces[1:]]
        parts[f"{panel.key}/levels"] = slices.levels.tobytes()
        parts[f"{panel.key}/slices"] = _text(_described(slices))
    parts[f"{panel.key}/layout"] = _text(figure["layout"])
    for number, trace in enumerate(traces):
        parts[f"{panel.key}/trace {number}"] = _text(trace)
    parts[panel.key] = _text(
        {
            **_heading(panel),
            "kind": "figure",
            "traces": len(traces),
            "slices": slices is not None,
            "playhead": panel.playhead,
            "patient": panel.patient,
            "alt": panel.alt,
            "detail": panel.detail,
            "lower": panel.lower,
        }
    )


def _add_player(panel: PlayerPanel, parts: dict[str, bytes]) -> None:
    """Add the parts of a player panel; equal pictures of its frames are sent only once."""
    parts[f"{panel.key}/background"] = panel.background
    first: dict[bytes, int] = {}
    for number, frame in enumerate(panel.frames):
        if first.setdefault(frame.image.file, number) == number:
            parts[f"{panel.key}/picture {number}"] = frame.image.file
    parts[f"{panel.key}/frames"] = _text(
        [_frame(frame, first[frame.image.file]) for frame in panel.frames]
    )
    parts[panel.key] = _text(
        {
            **_heading(panel),
            "kind": "player",
            "mode": panel.mode,
            "clip": panel.clip,
            "first": panel.first,
            "held": panel.held,
            "steps": frame_step_texts(),
            "framesPerSecond": panel.frames_per_second,
            "actions": [
                {"name": name, "colour": colour}
                for name, colour in zip(panel.action_names, panel.action_colours, strict=True)
            ],
            "aspect": panel.aspect,
        }
    )


def frame_step_texts() -> dict[str, str]:
    """Return the names of the buttons that stop a player and step through its frames."""
    return {
        "group": _("Frames of the player"),
        "back": _("One frame back (key ←)"),
        "pause": _("Stop at this frame"),
        "play": _("Play on"),
        "forward": _("One frame forward (key →)"),
    }


def _heading(panel: PlayerPanel | FigurePanel) -> dict[str, str]:
    return {
        "key": panel.key,
        "title": panel.title,
        "subtitle": panel.subtitle,
        "emphasis": panel.emphasis,
    }


def _described(slices: Slices) -> dict[str, Any]:
    _count, rows, columns = slices.values.shape
    return {
        "rows": rows,
        "columns": columns,
        "ends": slices.ends,
        "nodes": slices.nodes,
        "logistic": slices.logistic,
        "subtitles": slices.subtitles,
    }


def _frame(frame: Frame, picture: int) -> dict[str, Any]:
    return {
        "picture": picture,
        "left": frame.image.left,
        "top": frame.image.top,
        "probabilities": [round(float(p), 4) for p in frame.probabilities],
        "action": frame.action,
        "point": [float(value) for value in frame.point],
        "episode": frame.episode,
        "caption": frame.caption,
        "slice": frame.slice,
        "number": frame.number,
    }
