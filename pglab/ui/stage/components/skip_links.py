"""Skip links: visitors who use the keyboard can jump to the main parts of a page."""

from __future__ import annotations

import streamlit as st

from pglab.language import _
from pglab.ui.stage.stage import js_export

_links = st.components.v2.component(
    "pglab_skip_links", js=js_export("offerSkipLinks", "skip_links.js")
)


def skip_links(page: str, *, stage: bool = True, chapters: bool = True) -> None:
    """Draw the skip links of a page; the Tab key reaches these links first.

    `stage` and `chapters` say whether the page has a stage and chapters.
    """
    texts = {"stage": _("Skip to numbers and pictures"), "chapters": _("Skip to the chapters")}
    offered = {"stage": stage, "chapters": chapters}
    _links(
        key=f"{page}.skip_links",
        data={
            "page": page,
            "label": _("Skip links"),
            "links": {part: text for part, text in texts.items() if offered[part]},
            "chapters": _("Chapter"),
        },
    )
