"""Shows messages about unusable values and failed runs at the top of a page."""

from __future__ import annotations

import re
from functools import partial

import streamlit as st

from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.ui.shell import visibility

_QUOTATION = re.compile("“([^“”`]+)”")


def show_problems(of_link: list[str], of_settings: list[str], *of_runs: str | None) -> None:
    """Show one warning about the link and the settings, and one error for each failed run.

    If the warning names problems of the link, it has a Close button. All messages are in one
    container, so that the fragments below the messages keep their places on the page.
    """
    of_names = visibility.problems()
    sentences = [*of_link, *of_names, *of_settings]
    with st.container():
        if sentences:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning("\n".join(f"- {literal(p)}" for p in sentences))
                if of_link or of_names:
                    st.button(_("Close"), key="close_problems", on_click=partial(_clear, of_link))
        for problem in of_runs:
            if problem is not None:
                st.error(escaped(problem))  # a bundle may have brought this sentence


def _clear(of_link: list[str]) -> None:
    of_link.clear()
    visibility.problems().clear()


def literal(sentence: str) -> str:
    """Return the sentence with each quotation formatted as code.

    A quotation may contain text from the link that opened the page. Markdown in this text must
    have no effect.
    """
    return _QUOTATION.sub(r"“`\1`”", sentence)
