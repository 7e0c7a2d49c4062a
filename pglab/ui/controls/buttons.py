"""Buttons that change what a stage shows, while no tick is going on."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Protocol

import streamlit as st

from pglab.language import _
from pglab.ui.shell.entry import redraw_fragments
from pglab.ui.shell.live_page import CHAPTERS, LIVE, TRANSPORT, LivePage
from pglab.ui.stage.presses import act_on_presses

START_WIDTH = 100  # pixels, room for the longer of Run and Pause


class Startable(Protocol):
    """What Run and Pause drive: a bench or a comparison."""

    lock: RLock

    @property
    def running(self) -> bool:
        """Whether the visitor lets it run."""

    @property
    def finished(self) -> bool:
        """Whether it takes no further step."""

    def run(self) -> None:
        """Let it run, unless it has finished."""

    def pause(self) -> None:
        """Stop it."""


def live_button(
    lock: RLock,
    label: str,
    icon: str,
    shortcut: str,
    key: str,
    press: Callable[[], None],
    *,
    repeats: bool = True,
    **options: Any,
) -> None:
    """A button that makes a change, then redraws the fragments that show it.

    With `repeats`, a key that is held down presses it again and again.
    """
    action = locked(lock, press)

    def pressed() -> None:
        action()
        redraw_fragments(TRANSPORT, LIVE, CHAPTERS)

    act_on_presses(key, action, repeats=repeats)
    st.button(
        label, icon=f":material/{icon}:", key=key, shortcut=shortcut, on_click=pressed, **options
    )


def page_button(
    page: LivePage,
    lock: RLock,
    label: str,
    icon: str,
    key: str,
    press: Callable[[], None],
    **options: Any,
) -> None:
    """A button after which the whole page is drawn anew: sidebar, address and table as well."""
    action = on_whole_page(page, lock, press)
    act_on_presses(key, action, repeats=False)
    st.button(label, icon=f":material/{icon}:", key=key, on_click=action, **options)


def run_or_pause(driven: Startable) -> None:
    """Run, or Pause while something runs: one button, so that it never stands there twice.

    Each press changes what is: an odd number of them from Run to Pause, an even number back. It
    never takes a run beyond its end.
    """

    def press() -> None:
        if driven.running:
            driven.pause()
        else:
            driven.run()

    label, icon = (_("Pause"), "pause") if driven.running else (_("Run"), "play_arrow")
    with st.container(key="start", width=START_WIDTH):  # of one size for both
        live_button(
            driven.lock,
            label,
            icon,
            "p",
            "run",
            press,
            repeats=False,
            disabled=driven.finished and not driven.running,
            type="primary",
            width="stretch",
        )


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
