"""The functions with which pages use their live channels. A visit has one channel per page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pglab.language import _
from pglab.ui.shell.address_bar import written
from pglab.ui.shell.fragments import fragment
from pglab.ui.shell.menu import current_page
from pglab.ui.shell.page_state import LIVE, LivePage
from pglab.ui.stage.channel import Channel
from pglab.ui.stage.driven import Draw, Driven

SLOWLY = 0.5  # seconds between two redraws of a page that has no live channel


def live_fragment(page: LivePage, draw: Callable[..., None]) -> Callable[..., None]:
    """Make the fragment that contains the stage.

    If the browser cannot open a channel, Streamlit redraws this fragment every `SLOWLY` seconds.
    """
    if page.without_channel:
        st.caption(refused() + " " + _("Until then, pictures come slowly."))
    return fragment(draw, LIVE, run_every=SLOWLY if page.without_channel else None)


def refused() -> str:
    """Return a sentence for browsers that cannot open a channel."""
    return _(
        "This browser cannot open the live connection to the server. Maybe a proxy blocks "
        "WebSockets; reload the page to try again."
    )


def show(
    page: LivePage,
    driven: Driven,
    draw: Draw,
    is_outdated: Callable[[], bool] = lambda: False,
) -> None:
    """Draw a page's stage; during a run, the page's channel brings all further pictures.

    `draw` makes a picture, and `is_outdated` says whether the page must be drawn again. Other
    threads call these two functions, so the functions must not read Streamlit's session state.
    """
    channel_of(page, driven).show(driven, draw, is_outdated)


def channel_of(page: LivePage, driven: Driven) -> Channel:
    """Return the live channel of a page; the first call in a visit makes the channel."""
    key = _channel_key(page.key)
    channel: Channel | None = st.session_state.get(key)
    if channel is None:
        channel = st.session_state[key] = Channel(page, driven)
        channel.path, channel.address = current_page(), written()
    return channel


def give_up_channel(page: str) -> None:
    """Forget the channel of a page, so that the page makes a new channel when it opens next."""
    st.session_state.pop(_channel_key(page), None)


def _channel_key(page: str) -> str:
    return f"{page}.channel"
