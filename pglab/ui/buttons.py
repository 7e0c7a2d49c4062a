"""Buttons that change what a stage shows, while no tick is going on."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any

import streamlit as st

from pglab.ui.lab import CHAPTERS, LIVE, TRANSPORT


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
        st.rerun([TRANSPORT, LIVE, CHAPTERS])

    st.button(
        label, icon=f":material/{icon}:", key=key, shortcut=shortcut, on_click=pressed, **options
    )


def locked(lock: RLock, change: Callable[[], None]) -> Callable[[], None]:
    """The change, made while no tick is going on."""

    def changed() -> None:
        with lock:
            change()

    return changed
