"""The messages at the top of a page are about unusable values and failed runs."""

from __future__ import annotations

import re

import streamlit as st

from pglab.language import _
from pglab.library.model_card.markdown import escaped

_QUOTATION = re.compile("“([^“”`]+)”")


def show_problems(of_link: list[str], of_settings: list[str], *of_runs: str | None) -> None:
    """Show one warning about the link and the settings, and one error for each failed run.

    If the warning names problems of the link, it has a Close button. All messages are in one
    container, so that the fragments below the messages keep their places on the page.
    """
    with st.container():
        if of_link or of_settings:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning("\n".join(f"- {literal(p)}" for p in [*of_link, *of_settings]))
                if of_link:
                    st.button(_("Close"), key="close_problems", on_click=of_link.clear)
        for problem in of_runs:
            if problem is not None:
                st.error(escaped(problem))  # a bundle may have brought this sentence


def literal(sentence: str) -> str:
    """Return the sentence with each quotation formatted as code.

    A quotation may contain text from the link that opened the page. Markdown in this text must
    have no effect.
    """
    return _QUOTATION.sub(r"“`\1`”", sentence)
