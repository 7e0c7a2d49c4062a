"""After certain clicks, scrolls to a part of the page."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from pglab.ui.stage.stage import js_export

Part = Literal["stage", "explanation"]

# The script scrolls to other elements, which may be drawn after this component.
_scroller = st.components.v2.component("pglab_scroller", js=js_export("bringIntoView"))


def bring_into_view(page: str, part: Part) -> None:
    """Make the browser scroll to `part` once, when the whole `page` is next redrawn."""
    number, _former = _asked(page)
    st.session_state[_key(page)] = (number + 1, part)


def scroller(page: str) -> None:
    """Draw the invisible component that scrolls."""
    number, part = _asked(page)
    _scroller(key=f"{page}.scroller", data={"page": page, "number": number, "part": part})


def _asked(page: str) -> tuple[int, Part]:
    asked: tuple[int, Part] = st.session_state.get(_key(page), (0, "stage"))
    return asked


def _key(page: str) -> str:
    return f"{page}.scroll"
