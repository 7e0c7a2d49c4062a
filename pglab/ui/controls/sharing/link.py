"""Links for other people: they begin with an address of the app that other computers can reach."""

from __future__ import annotations

import socket
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from pglab.language import _
from pglab.ui.controls.sharing.copy_link import copy_button

ELSEWHERE = ("198.51.100.1", 9)  # any address outside the own network; nothing is sent to it
CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")  # files of Docker and of Podman
EVERYWHERE = {None, "", "0.0.0.0", "::"}  # with such a server.address, all networks are served


def public_url() -> str:
    """Return the address of this page for other people, or "" if it is unknown.

    This is the address in the visitor's browser. If that works only on this computer, it is the
    address of this computer in its network, as far as the app can know it.
    """
    url = st.context.url or ""
    parts = urlsplit(url)
    if parts.scheme != "http" or not is_local(parts.hostname or ""):
        return url
    address = network_address() if st.get_option("server.address") in EVERYWHERE else None
    if address is None:
        return url
    return parts._replace(netloc=f"{address}:{parts.port}" if parts.port else address).geturl()


def show_link(link: str, key: str) -> None:
    """Draw a link for other people, and a button that copies it; see `public_url`."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"link_{key}"):
        st.code(link, None, wrap_lines=True)
        copy_button(link, f"{key}.copy")
    explain_address()


def explain_address() -> None:
    """If the visitor's address of the app works only on this computer, say what links contain."""
    own = urlsplit(st.context.url or "").hostname or ""
    public = urlsplit(public_url()).hostname
    if not is_local(own):
        return
    if public == own:
        st.warning(
            _(
                "{host} works only on this computer. Before you give the link to others, replace "
                "{host} by an address of this computer that their computers can reach."
            ).format(host=f"`{own}`"),
            icon=":material/link_off:",
        )
    else:
        st.caption(
            _(
                "{host} works only on this computer. So the link contains the address of this "
                "computer in its network."
            ).format(host=f"`{own}`")
        )


def is_local(host: str) -> bool:
    """Return whether `host` is a name or an address by which a computer calls itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:  # `host` is a name
        return host == "localhost" or host.endswith(".localhost")


@cache
def network_address() -> str | None:
    """Return the address of this computer in its network, or None if there is none.

    In a container, it is None, because other computers cannot reach the container's address.
    """
    if any(Path(mark).exists() for mark in CONTAINER_MARKS):
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:  # no network
            return None
        address: str = probe.getsockname()[0]
        return address
