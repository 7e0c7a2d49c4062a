"""The page *Watch*: the run of another visitor, live."""

from __future__ import annotations

import streamlit as st

from pglab.language import _
from pglab.ui.controls.sharing.watching import LIVE_RUN
from pglab.ui.shell.entry import require_entry
from pglab.ui.stage.channel import find_watched
from pglab.ui.stage.components.recovery import offer_recovery
from pglab.ui.stage.page_channel import refused
from pglab.ui.stage.projector import projector
from pglab.ui.stage.stage import stage

_REFUSED = "watch.refused"


def watch_page() -> None:
    """Draw the page *Watch*."""
    require_entry()
    projector()
    name = st.query_params.get(LIVE_RUN, "")
    channel = find_watched(name)
    if channel is None:
        st.info(
            _(
                "This link shows no run. The run's owner has closed the page, or has stopped "
                "sharing the run. Ask for a new link, or choose a page in the menu and train your "
                "own run."
            )
        )
        return
    if st.session_state.pop(_REFUSED, False):
        st.warning(refused())
    with st.container(horizontal=True, vertical_alignment="center", key="transport"):
        st.markdown("#### " + _("Watch"), width="content")
        follow = st.toggle(
            _("Follow"),
            value=True,
            key="watch.follow",
            help=_("If you turn this off, the picture stops, but the run continues."),
        )
        st.page_link(
            f"pages/{channel.path}.py",
            label=_("Open these settings in your own run"),
            icon=":material/open_in_new:",
            query_params=dict(channel.address),
        )
        st.caption(
            _("You see the run of another visitor. Only its owner can change it."), width="content"
        )
    stage(
        None,
        key=f"watch.{name}",
        sequence=0,
        channel=name if follow else "",
        landmark=True,
        on_refused=lambda: st.session_state.update({_REFUSED: True}),
    )
    offer_recovery("watch")
