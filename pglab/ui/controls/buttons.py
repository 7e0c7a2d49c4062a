"""Buttons that change a run or its stage; a press waits until no tick is under way."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Protocol

import streamlit as st

from pglab.language import _
from pglab.ui.shell.fragments import redraw_fragments
from pglab.ui.shell.page_state import CHAPTERS, LIVE, TRANSPORT, LivePage
from pglab.ui.stage.presses import act_on_presses

START_WIDTH = 100  # pixels: enough for "Run" and for "Pause"


class Startable(Protocol):
    """The object that the button Run controls: a bench or a comparison."""

    lock: RLock

    @property
    def running(self) -> bool:
        """Whether the visitor has started it and not paused it."""

    @property
    def finished(self) -> bool:
        """Whether it has ended, so that no further step is possible."""

    def run(self) -> None:
        """Start it, unless it has finished."""

    def pause(self) -> None:
        """Pause it."""


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
    """Draw a button that calls `press` and then redraws the fragments that show the change.

    With `repeats`, holding the button's key down presses the button again and again.
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
    """Draw a button that calls `press` and then redraws the whole page with its sidebar."""
    action = on_whole_page(page, lock, press)
    act_on_presses(key, action, repeats=False)
    st.button(label, icon=f":material/{icon}:", key=key, on_click=action, **options)


def run_or_pause(driven: Startable) -> None:
    """Draw the button Run, which becomes Pause during a run.

    Each press starts or pauses the run, so two quick presses change nothing. The button never
    continues a run beyond its end.
    """

    def press() -> None:
        if driven.running:
            driven.pause()
        else:
            driven.run()

    label, icon = (_("Pause"), "pause") if driven.running else (_("Run"), "play_arrow")
    with st.container(key="start", width=START_WIDTH):  # the same size for both labels
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
    """Wrap a change so that the whole page is redrawn afterwards."""

    def changed() -> None:
        locked(lock, change)()
        page.page_is_stale = True

    return changed


def locked(lock: RLock, change: Callable[[], None]) -> Callable[[], None]:
    """Wrap a change so that it waits until no tick is under way."""

    def changed() -> None:
        with lock:
            change()

    return changed
