"""The switch that lets other people watch a visitor's run."""

from __future__ import annotations

from urllib.parse import urlencode, urljoin

import streamlit as st

from pglab.language import _
from pglab.ui.shell.page_state import LivePage
from pglab.ui.stage.channel import channel_of
from pglab.ui.stage.driven import Driven

LIVE_RUN = "live"  # the address parameter with the name of the run


def watching_control(page: LivePage, driven: Driven) -> None:
    """Draw the switch in the sidebar. If the switch is on, also draw the link for the watchers."""
    channel = channel_of(page, driven)
    with st.sidebar:
        allowed = st.toggle(
            _("Let others watch"),
            key=f"{page.key}.watched",
            persist_state="session",
            help=_(
                "Makes a link to this run. People who open the link see the same pictures as you, "
                "but they cannot change anything. If more than a hundred people watch, everybody "
                "sees the pictures a little less often."
            ),
        )
        channel.let_watch(allowed)
        if allowed:
            query = urlencode({LIVE_RUN: channel.watch_name})
            st.code(urljoin(st.context.url or "", f"watch?{query}"), None, wrap_lines=True)
