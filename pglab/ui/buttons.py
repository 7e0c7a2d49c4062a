"""Buttons that change what a stage shows, while no tick is going on."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any

import streamlit as st

from pglab.language import _
from pglab.ui.entry import redraw_fragments
from pglab.ui.lab import CHAPTERS, LIVE, TRANSPORT, LivePage

START_WIDTH = 112  # pixels, room for the longest of Run, Pause and Run on


def live_button(
    lock: RLock,
    label: str,
    icon: str,
    shortcut: str,
    key: str,
    press: Callable[[], None],
    **options: Any,
) -> None:
    """A button that makes a change, then redraws the fragments that show it."""

    def pressed() -> None:
        locked(lock, press)()
        redraw_fragments(TRANSPORT, LIVE, CHAPTERS)

    st.button(
        label, icon=f":material/{icon}:", key=key, shortcut=shortcut, on_click=pressed, **options
    )


def run_or_pause(
    lock: RLock,
    *,
    running: bool,
    finished: bool,
    run: Callable[[], None],
    pause: Callable[[], None],
) -> None:
    """Run, or Pause while something runs: one button, so that it never stands there twice."""
    label, icon, press = (_("Pause"), "pause", pause) if running else (_("Run"), "play_arrow", run)
    look: dict[str, Any] = {"type": "primary", "width": "stretch"}
    with start_slot():
        live_button(lock, label, icon, "p", "run", press, disabled=finished and not running, **look)


def start_slot() -> Any:
    """The place of Run, Pause and Run on, of one size for all.

    A longer name would move the other buttons away from under the pointer.
    """
    return st.container(key="start", width=START_WIDTH)


def on_whole_page(page: LivePage, lock: RLock, change: Callable[[], None]) -> Callable[[], None]:
    """The change, after which the whole page is drawn anew: sidebar, address and table as well."""

    def changed() -> None:
        locked(lock, change)()
        page.page_is_stale = True

    return changed


def locked(lock: RLock, change: Callable[[], None]) -> Callable[[], None]:
    """The change, made while no tick is going on."""

    def changed() -> None:
        with lock:
            change()

    return changed
