"""The theme of the page: light or dark."""

from __future__ import annotations

import streamlit as st

from pglab.palette import ThemeName


def page_theme() -> ThemeName:
    """Return the theme in which the visitor sees the page."""
    return "dark" if st.context.theme.type == "dark" else "light"
