"""Buttons that change a run or its panels. A press waits while a thread trains the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import streamlit as st

from pglab.language import _
from pglab.session.sharing.gate import Gate
from pglab.ui.shell.fragments import redraw_fragments
from pglab.ui.shell.page_state import CHAPTERS, LIVE, TRANSPORT, LivePage
from pglab.ui.shell.visibility import BUTTONS, visibility
from pglab.ui.stage.presses import act_on_presses

START_WIDTH = 100  # pixels: enough for "Run" and for "Pause"


class Startable(Protocol):
    """The object that the button Run starts and pauses: a `Bench` or a `Comparison`."""

    lock: Gate

    @property
    def running(self) -> bool:
        """Whether training has started and is not paused."""

    @property
    def finished(self) -> bool:
        """Whether training has ended, so that no further step is possible."""

    def run(self) -> None:
        """Start training, unless training has ended."""

    def pause(self) -> None:
        """Pause training."""


def live_button(
    lock: Gate,
    label: str,
    icon: str,
    shortcut: str,
    key: str,
    press: Callable[[], None],
    *,
    repeats: bool = True,
    **options: Any,
) -> None:
    """Draw a button. A press calls `press` and redraws the parts of the page that show the run.

    A link can hide or lock the button by its key. If `repeats` is true, holding down the shortcut
    key presses the button repeatedly.
    """
    allowed = visibility(key, label, BUTTONS)
    if allowed.hidden:
        return
    action = locked(lock, press)

    def pressed() -> None:
        action()
        redraw_fragments(TRANSPORT, LIVE, CHAPTERS)

    options["disabled"] = options.get("disabled", False) or allowed.locked
    act_on_presses(key, action, repeats=repeats)
    st.button(
        label, icon=f":material/{icon}:", key=key, shortcut=shortcut, on_click=pressed, **options
    )


def page_button(
    page: LivePage,
    lock: Gate,
    label: str,
    icon: str,
    key: str,
    press: Callable[[], None],
    **options: Any,
) -> None:
    """Draw a button. A press calls `press` and redraws the whole page and the sidebar.

    A link can hide or lock the button by its key.
    """
    allowed = visibility(key, label, BUTTONS)
    if allowed.hidden:
        return
    options["disabled"] = options.get("disabled", False) or allowed.locked
    action = on_whole_page(page, lock, press)
    act_on_presses(key, action, repeats=False)
    st.button(label, icon=f":material/{icon}:", key=key, on_click=action, **options)


def run_or_pause(driven: Startable) -> None:
    """Draw the button that starts and pauses training. Its label is Run or Pause.

    The second of two quick presses undoes the first. If a run has ended, the button does not
    continue this run.
    """

    def press() -> None:
        if driven.running:
            driven.pause()
        else:
            driven.run()

    label, icon = (_("Pause"), "pause") if driven.running else (_("Run"), "play_arrow")
    if visibility("run", label, BUTTONS).hidden:
        return
    with st.container(key="start", width=START_WIDTH):  # both labels get the same width
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


def on_whole_page(page: LivePage, lock: Gate, change: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls `change` and then marks the whole page for a redraw."""

    def changed() -> None:
        locked(lock, change)()
        page.page_is_stale = True

    return changed


def locked(lock: Gate, change: Callable[[], None]) -> Callable[[], None]:
    """Return a function that waits until `lock` is free, and then calls `change`."""

    def changed() -> None:
        with lock:
            change()

    return changed
