"""The messages at the top of a page: about values that cannot be used, and failed runs."""

from __future__ import annotations

import re

import streamlit as st

from pglab.language import _

_QUOTATION = re.compile("“([^“”`]+)”")


def show_problems(of_link: list[str], of_settings: list[str], *of_runs: str | None) -> None:
    """Show the problems of the link, of the settings and of the runs.

    The message has a Close button if it contains problems of the link. All messages are in one
    container, so that the fragments below keep their places on the page.
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
    """Return the sentence with each quotation as code, since a link may contain any Markdown."""
    return _QUOTATION.sub(r"“`\1`”", sentence)
