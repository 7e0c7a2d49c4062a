"""Messages to the browser. With the previous picture, the browser can read the next picture."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pglab.looks.render import Cutout
from pglab.plots.figures import Figure
from pglab.ui.stage.message import message, parts_of, whole_message
from pglab.ui.stage.picture import FigurePanel, Frame, Number, Picture, PlayerPanel, Slices, Table
from tests.walks.messages import read

GRID = np.linspace(0, 1, 2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)


def figure(*heights: float) -> Figure:
    traces = [{"type": "scatter", "y": [height]} for height in heights]
    return {"data": [{"type": "heatmap", "z": GRID[0].tolist()}, *traces], "layout": {"title": "t"}}


def player(*pictures: bytes) -> PlayerPanel:
    frames = tuple(
        Frame(Cutout(p, 3, 4), (0.25, 0.75), 1, (0.1, 0.2), 7, "step 3") for p in pictures
    )
    return PlayerPanel(
        "player", "", "", frames, "loop", 1, 31.0, ("l", "r"), ("#1", "#2"), 1.5, b"back"
    )


def picture(*heights: float, value: str = "12") -> Picture:
    slices = Slices(GRID, ("a", "b"), ((None, None), (None, (1, 0.5))))
    panel = FigurePanel("map", "Map", "", figure(*heights), playhead="player", slices=slices)
    table = Table(["A", "B"], ["red", "blue"], {"row": ["1", "2"]})
    return Picture([player(b"one", b"two", b"one"), panel], [Number("n", value, "")], None, table)


def test_a_whole_message_contains_every_part() -> None:
    head, parts = read(whole_message({"sequence": 3}, picture(1.0)), {})
    assert head["sequence"] == 3
    assert parts == parts_of(picture(1.0))
    assert json.loads(parts["panels"]) == ["player", "map"]
    assert json.loads(parts["table"])["rows"] == {"row": ["1", "2"]}
    assert parts["map/levels"] == np.rint(GRID * 255).astype(np.uint8).tobytes()
    assert "z" not in json.loads(parts["map/trace 0"]), "the cells must be sent as slices"


def test_equal_frames_are_sent_once() -> None:
    parts = parts_of(picture())
    places = [frame["picture"] for frame in json.loads(parts["player/frames"])]
    assert places == [0, 1, 0]
    assert {name for name in parts if "picture" in name} == {
        "player/picture 0",
        "player/picture 1",
    }


def test_a_message_leaves_out_what_is_known_and_forgets_what_is_gone() -> None:
    known = parts_of(picture(1.0, 2.0))
    now = parts_of(picture(1.0, 3.0, 4.0, value="13"))
    raw = message({}, now, known)
    head, parts = read(raw, known)
    assert parts == now
    assert {name for name, _length in head["sent"]} == {
        "numbers",
        "map",  # contains the number of traces
        "map/trace 2",
        "map/trace 3",
    }
    fewer = parts_of(picture(1.0))
    assert read(message({}, fewer, now), now)[1] == fewer
    assert len(raw) < len(message({}, now, {})) / 2


def test_a_message_without_a_picture_says_nothing_about_parts() -> None:
    assert read(message({"outdated": True}, None, {}), {}) == ({"outdated": True}, None)


@pytest.mark.parametrize(
    "panels",
    [
        [player(), player()],
        [FigurePanel("map", "", "", figure(), playhead="nobody")],
    ],
)
def test_panels_must_fit_together(panels: list[FigurePanel | PlayerPanel]) -> None:
    with pytest.raises(ValueError, match="panel"):
        Picture(panels)
