"""Shows what stored runs say about shared and split bodies."""

from __future__ import annotations

import streamlit as st

from pglab.experiments.evidence import evidence_text


def sharing_evidence() -> None:
    """Draw what stored runs say, then the findings of the stored ladder, if there is one."""
    # This module needs SciPy, which takes 0.6 seconds to load. The server should start before that.
    from pglab.maps.ladder.stored import findings_text

    st.markdown(evidence_text())
    found = findings_text()
    if found:
        st.markdown(found)
