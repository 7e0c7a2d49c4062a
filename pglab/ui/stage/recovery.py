"""Lets the browser ask for a run of the page's whole script, after it has lost its connections.

Meanwhile, the server may have forgotten the visit: if it was started again, or if the browser was
away for long. Streamlit does not always run the script when its own connection comes back, and
until the script has run, the server ignores every request of a fragment, such as a press of a
button. So the component that asks is in no fragment.
"""

from __future__ import annotations

import streamlit as st

from pglab.ui.stage.stage import js_export

_recovery = st.components.v2.component("pglab_recovery", js=js_export("offer", "recovery.js"))


def offer_recovery(page: str) -> None:
    """Draw the invisible component that asks; call this outside all fragments."""
    _recovery(key=f"{page}.recovery")
