"""Tells which cell of a map is under the pointer."""

from __future__ import annotations

import streamlit as st

from pglab.ui.stage.stage import js_export

MAP = "map_figure"  # the container of the map's figure

_pointer = st.components.v2.component("pglab_pointer", js=js_export("reportPointer", "pointing.js"))


def cell_under_pointer(figure: str, cells: int) -> int | None:
    """Return the number of the cell under the pointer, or None if the pointer is elsewhere.

    The fragment that contains this call reruns when the pointer rests on another cell, or when the
    pointer leaves the map.

    Args:
        figure: the key of the map's figure. For a new key, the first result is None.
        cells: the number of cells.
    """
    result = _pointer(
        key=f"{figure}.pointer",
        data={"container": MAP},
        default={"place": None},
        on_place_change=lambda: None,
    )
    place = result.place
    return place if type(place) is int and 0 <= place < cells else None
