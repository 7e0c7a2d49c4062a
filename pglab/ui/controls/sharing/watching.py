"""The switch that lets other people watch a visitor's run."""

from __future__ import annotations

from urllib.parse import urlencode, urljoin

import streamlit as st

from pglab.language import _
from pglab.ui.controls.sharing.link import public_url, show_link
from pglab.ui.controls.sharing.showing import class_switches, end_showing
from pglab.ui.shell.page_state import LivePage
from pglab.ui.shell.visibility import visibility
from pglab.ui.stage.driven import Driven
from pglab.ui.stage.page_channel import channel_of

LIVE_RUN = "live"  # the address parameter with the name of the run
PART = "watching"  # the name of the switch in links that hide it


def watching_control(page: LivePage, driven: Driven) -> None:
    """Draw the switch in the sidebar. If it is on, also draw the link for the watchers.

    A browser with an open room also gets the switches that show the run to the class.
    """
    if visibility(PART, _("Let others watch"), lockable=False).hidden:
        return
    channel, key = channel_of(page, driven), f"{page.key}.watched"
    with st.sidebar:
        allowed = st.toggle(
            _("Let others watch"),
            st.session_state.get(key, False),
            key=key,
            persist_state="session",
            help=_(
                "Makes a link to this run. People who open the link see the same pictures as you, "
                "but they cannot change anything. If more than 150 people watch, everybody sees "
                "the pictures a little less often."
            ),
        )
        before = channel.watch_name
        channel.let_watch(allowed)
        if allowed:
            query = urlencode({LIVE_RUN: channel.watch_name})
            show_link(urljoin(public_url(), f"watch?{query}"), key)
        else:
            end_showing(before)
        class_switches(channel, key)
