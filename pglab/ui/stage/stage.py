"""The stage: a Streamlit component that shows a run.

If the data of an ordinary chart change, Streamlit replaces the chart. The chart then flickers and
loses its zoom. The stage keeps its Plotly graphs and updates them in place. During a run, the stage
gets its pictures from a live channel (`channel.py`), not from Streamlit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pglab.ui.shell.assets import SCRIPTS
from pglab.ui.stage.message import unchanging_head, whole_message
from pglab.ui.stage.picture import Picture

_HERE = Path(__file__).parent


def js_export(name: str, script: str = "stage.js") -> str:
    """Return a component's inline script.

    The script imports the function `name` from the file `script` in the folder `js`, and exports it
    to Streamlit.
    """
    return f"""
        const address = new URL("{SCRIPTS}/{script}", document.baseURI);
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


def now() -> int:
    """Return the time in microseconds; the browser orders messages by this time."""
    return time.time_ns() // 1000


def stage(
    picture: Picture | None,
    *,
    key: str,
    sequence: int,
    running: bool = False,
    drawn: int | None = None,
    channel: str = "",
    landmark: bool = False,
    on_outdated: Callable[[], None] = lambda: None,
    on_refused: Callable[[], None] = lambda: None,
) -> None:
    """Draw the stage, or update it if the browser already shows it.

    Args:
        picture: what the stage shows; None if a channel brings the pictures.
        key: distinguishes this stage from other stages.
        sequence: a number that must grow with every new picture.
        running: whether a run is in progress.
        drawn: the time at which the picture was drawn, as returned by `now`; by default, the
            present time.
        channel: the name of the channel that brings further pictures; empty if there is none.
        landmark: whether screen readers list this stage and a skip link leads to it. At most one
            stage of a page may be a landmark.
        on_outdated: called when the channel has told the browser that the page must be redrawn.
        on_refused: called when the browser cannot open the channel.
    """
    head = {
        "sequence": sequence,
        "running": running,
        # Each message has another time, so the browser recognises a message that Streamlit repeats.
        "drawn": now() if drawn is None else drawn,
        "channel": channel,
        "landmark": landmark,
        **unchanging_head(),
    }
    _component(
        key=key,
        data=whole_message(head, picture),
        on_outdated_change=on_outdated,
        on_refused_change=on_refused,
    )
