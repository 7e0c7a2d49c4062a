"""The button that begins a page's presentation. `js/projector.js` draws the presentation."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import streamlit as st

from pglab.language import _
from pglab.palette import ThemeName
from pglab.ui.shell.assets import PROJECTOR_STYLE
from pglab.ui.shell.menu import current_page
from pglab.ui.stage.message import unchanging_head
from pglab.ui.stage.stage import js_export

_COLOURS = {
    "text": "textColor",
    "background": "backgroundColor",
    "surface": "secondaryBackgroundColor",
    "border": "borderColor",
    "primary": "primaryColor",
}


def row_button_style() -> str:
    """Return the style of a small button in the row of buttons."""
    return (Path(__file__).parent / "row_button.css").read_text(encoding="utf-8")


_projector = st.components.v2.component(
    "pglab_projector",
    css=row_button_style(),
    js=js_export("offerProjector", "projector.js"),
)


def projector(slow_motion: str = "") -> None:
    """Draw the button in the sidebar that begins the presentation of the page.

    The presentation also begins if the address contains `view=projector`. The browser begins and
    ends the presentation without the server, so a run goes on.

    Args:
        slow_motion: the title of the chapter *Slow motion*, if the page has this chapter.
    """
    with st.sidebar:
        _projector(
            key=f"{current_page()}.projector",
            data={
                "label": _("Present"),
                "help": _("Fill the screen with one to four pictures. The key Escape ends this."),
                "bar": _("Presentation"),
                "back": _("Previous panels"),
                "forward": _("Next panels"),
                "panels": _("Panels"),
                "other": {"light": _("Dark"), "dark": _("Light")},
                "leave": _("Leave"),
                "missing": _("There is no panel “{name}” here."),
                "slowMotion": slow_motion,
                "themes": {theme: _colours(theme) for theme in get_args(ThemeName)},
                "style": PROJECTOR_STYLE,
                "stage": unchanging_head(),
            },
            width="stretch",
            height="content",
        )


def _colours(theme: ThemeName) -> dict[str, str]:
    return {name: st.get_option(f"theme.{theme}.{option}") for name, option in _COLOURS.items()}
