"""The buttons that copy a link, such as the page's address with the settings and the view."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pglab.language import _
from pglab.ui.shell.menu import current_page
from pglab.ui.shell.visibility import BUTTONS, visibility
from pglab.ui.stage.projector import row_button_style
from pglab.ui.stage.stage import js_export

_button = st.components.v2.component(
    "pglab_copy_link",
    css=row_button_style() + (Path(__file__).parent / "copy_link.css").read_text(encoding="utf-8"),
    js=js_export("copyLink", "copy_link.js"),
)


def copy_link() -> None:
    """Draw the button that copies the page's address.

    A press copies the address that the browser shows, but without the parameter that names a stored
    run. The page itself writes its settings to this address.
    """
    if visibility("copy_link", _("Copy link"), BUTTONS, lockable=False).hidden:
        return
    explained = _(
        "Copy link: copy the address of this page; the address contains your settings. On another "
        "computer, the same seed may give another run, because that computer may round numbers "
        "differently."
    )
    _draw(f"{current_page()}.copy_link", explained, None)


def copy_button(link: str, key: str) -> None:
    """Draw a button that copies `link`."""
    _draw(key, _("Copy link"), link)


def _draw(key: str, explained: str, link: str | None) -> None:
    """Draw a button. If `link` is None, the button copies the page's address."""
    _button(
        key=key,
        data={
            "label": _("Copy link"),
            "help": explained,
            "link": link,
            "copied": _("Link copied"),
            "refused": _("The browser does not allow this button to copy. Press Ctrl+C or ⌘C:"),
        },
        width="content",
        height="content",
    )
