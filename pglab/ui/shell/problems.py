"""Sentences about what cannot be used, above the page."""

from __future__ import annotations

import re

import streamlit as st

from pglab.language import _

_QUOTATION = re.compile("“([^“”`]+)”")


def show_problems(of_link: list[str], of_settings: list[str], *of_runs: str | None) -> None:
    """What is wrong with the link, until it is closed, with the settings, and with the runs.

    All in one container, so that fragments below stay in their place whatever is wrong.
    """
    with st.container():
        if of_link or of_settings:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning("\n".join(f"- {literal(p)}" for p in [*of_link, *of_settings]))
                if of_link:
                    st.button(_("Close"), key="close_problems", on_click=of_link.clear)
        for problem in of_runs:
            if problem is not None:
                st.error(literal(problem))


def literal(sentence: str) -> str:
    """The sentence as Markdown that shows what it quotes as it is, whatever a link wrote there."""
    return _QUOTATION.sub(r"“`\1`”", sentence)
