"""Lets a browser that has lost its connections ask Streamlit to run the page's whole script.

The server may forget the visit if the server restarts, or if the browser is disconnected for a
long time. When Streamlit's own connection comes back, Streamlit does not always run the script.
Until the script has run, the server ignores every request of a fragment, such as a press of a
button. So the component that asks for the script run is outside all fragments.
"""

from __future__ import annotations

import streamlit as st

from pglab.ui.stage.stage import js_export

_recovery = st.components.v2.component("pglab_recovery", js=js_export("offer", "recovery.js"))


def offer_recovery(page: str) -> None:
    """Draw the invisible component that asks for a script run; call this outside all fragments."""
    _recovery(key=f"{page}.recovery")
