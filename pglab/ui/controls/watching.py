"""The switch with which the owner of a run lets others watch it."""

from __future__ import annotations

from urllib.parse import urlencode, urljoin

import streamlit as st

from pglab.language import _
from pglab.ui.shell.page_state import LivePage
from pglab.ui.stage.channel import channel_of
from pglab.ui.stage.driven import Driven

LIVE_RUN = "live"  # the parameter of the link that names the run


def watching_control(page: LivePage, driven: Driven) -> None:
    """Draw the switch in the sidebar and, if it is on, the link for those who watch."""
    channel = channel_of(page, driven)
    with st.sidebar:
        allowed = st.toggle(
            _("Let others watch"),
            key=f"{page.key}.watched",
            persist_state="session",
            help=_(
                "Makes a link to this run. Whoever opens it sees the same pictures as you, but can "
                "change nothing. All see them a little less often if more than a hundred watch."
            ),
        )
        channel.let_watch(allowed)
        if allowed:
            query = urlencode({LIVE_RUN: channel.watch_name})
            st.code(urljoin(st.context.url or "", f"watch?{query}"), None, wrap_lines=True)
