"""Makes the browser scroll to a part of the page after a click on certain buttons."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from pglab.ui.stage.stage import js_export

Part = Literal["stage", "explanation"]

# The script scrolls to elements of the page that may be drawn after this component.
_scroller = st.components.v2.component("pglab_scroller", js=js_export("bringIntoView"))


def bring_into_view(page: str, part: Part) -> None:
    """Make the browser scroll to `part` once, at the next redraw of the whole page `page`."""
    number, _former = _asked(page)
    st.session_state[_key(page)] = (number + 1, part)


def scroller(page: str) -> None:
    """Draw an invisible component whose script makes the browser scroll the page."""
    number, part = _asked(page)
    _scroller(key=f"{page}.scroller", data={"page": page, "number": number, "part": part})


def _asked(page: str) -> tuple[int, Part]:
    asked: tuple[int, Part] = st.session_state.get(_key(page), (0, "stage"))
    return asked


def _key(page: str) -> str:
    return f"{page}.scroll"
