"""The two clips of the home page: one shows an untrained agent, the other a trained agent."""

from __future__ import annotations

import base64

import streamlit as st

from pglab.language import _
from pglab.session.stored.clips import FOLDER, stored_facts
from pglab.session.stored.provenance import engine_name, engine_of


def opening_clips() -> None:
    """Draw the two clips of the home page. The clips are stored files, so they play at once."""
    facts = stored_facts()
    _clip("untrained", _("An untrained agent: the pole falls within a second or two."))
    _clip(
        "solved",
        _(
            "The same agent after {steps:,} steps of REINFORCE (one run, seed {seed}; {engine})."
        ).format(steps=facts["steps"], seed=facts["seed"], engine=engine_name(engine_of(facts))),
    )


def _clip(name: str, caption: str) -> None:
    picture = base64.b64encode((FOLDER / f"{name}.webp").read_bytes()).decode("ascii")
    st.html(
        f'<figure class="pgl-clip"><div><img src="data:image/webp;base64,{picture}" alt=""></div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )
