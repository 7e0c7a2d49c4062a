"""A link for other people, and a warning if it opens only on this computer."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st

from pglab.language import _


def show_link(link: str) -> None:
    """Draw a link that the visitor can copy."""
    st.code(link, None, wrap_lines=True)
    warn_if_local(link)


def warn_if_local(link: str) -> None:
    """Warn the visitor if other computers cannot open `link`."""
    host = urlsplit(link).hostname
    if host is not None and is_local(host):
        st.warning(
            _(
                "The address {host} works only on this computer. To get a link for other "
                "computers, open the app by the address of this computer in the network. "
                "Streamlit prints this address as “Network URL” when the app starts."
            ).format(host=f"`{host}`"),
            icon=":material/link_off:",
        )


def is_local(host: str) -> bool:
    """Return whether `host` is a name or an address by which a computer calls itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:  # `host` is a name
        return host == "localhost" or host.endswith(".localhost")
