"""A link for other people begins with an address that other computers can reach, or says so."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st

from pglab.ui.controls.sharing import link

LOCAL = ("http://127.0.0.1:8501/watch", "http://localhost:8501/watch", "http://[::1]:8501/watch")
REMOTE = ("http://192.168.0.7:8501/watch", "https://localhost.example.org/", "http://[fd00::1]/")


def opened_at(monkeypatch: pytest.MonkeyPatch, url: str, network: str | None) -> None:
    """The visitor has opened the app at `url`; `network` is the computer's own address."""
    monkeypatch.setattr(st, "context", SimpleNamespace(url=url))
    monkeypatch.setattr(link, "network_address", lambda: network)


@pytest.mark.parametrize("url", LOCAL)
def test_a_link_for_others_has_the_address_in_the_network(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    opened_at(monkeypatch, url, "192.168.0.7")
    assert link.public_url() == REMOTE[0]
    opened_at(monkeypatch, url.replace("http:", "https:"), "192.168.0.7")
    assert link.public_url().startswith("https:")  # the certificate has only the local name
    assert "192.168.0.7" not in link.public_url()


@pytest.mark.parametrize("url", REMOTE)
def test_an_address_that_others_can_reach_stays(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    opened_at(monkeypatch, url, "10.0.0.1")
    assert link.public_url() == url


@pytest.mark.parametrize(
    ("url", "network", "server", "said"),
    [
        (LOCAL[0], "192.168.0.7", "", "caption"),
        (LOCAL[0], None, "", "warning"),
        (LOCAL[0], "192.168.0.7", "127.0.0.1", "warning"),
        (REMOTE[0], "192.168.0.7", "", ""),
    ],
)
def test_the_page_says_what_a_link_contains(
    monkeypatch: pytest.MonkeyPatch, url: str, network: str | None, server: str, said: str
) -> None:
    opened_at(monkeypatch, url, network)
    monkeypatch.setattr(st, "get_option", {"server.address": server}.get)
    shown: list[str] = []
    for kind in ("caption", "warning"):
        monkeypatch.setattr(st, kind, lambda text, kind=kind, icon="": shown.append(kind + text))
    link.explain_address()
    assert [text.split("`")[0] for text in shown] == [said] * bool(said)
    assert all("127.0.0.1" in text for text in shown)
