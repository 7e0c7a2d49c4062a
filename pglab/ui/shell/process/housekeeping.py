"""Gives memory back after visitors have left, and lets the library delete old data."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any

from streamlit.runtime import Runtime

from pglab.library.keeping.saver import shared_library

SECONDS = 5.0  # seconds between two checks for ended visits
TIDYING = 600.0  # seconds between two looks of the library at what is too old


async def keep_house() -> None:
    """Free the memory of ended visits, and tidy the library. This function never returns.

    Only the thread of Streamlit's server may run this function.
    """
    known: set[str] = set()
    tidied = time.monotonic()
    while True:
        await asyncio.sleep(SECONDS)
        if time.monotonic() - tidied > TIDYING:
            tidied = time.monotonic()
            await asyncio.to_thread(_tidy)
        if Runtime.exists():
            manager = Runtime.instance()._session_mgr
            present = {info.session.id for info in manager.list_sessions()}
            forget(known - present, manager)
            if known - present:
                await asyncio.to_thread(give_back)
            known = present


def _tidy() -> None:
    """Let the library delete old data, such as yesterday's rooms, even on an idle server."""
    shared_library().use(lambda library: library.tidy_hourly())


def forget(ended: Iterable[str], manager: Any) -> None:
    """Let Streamlit's session manager delete visits that ended long ago.

    By itself, the session manager deletes old visits only when another tab is closed.
    """
    for visit in ended:
        with suppress(KeyError):  # Streamlit also raises KeyError when it deletes an old visit
            manager._session_storage.delete(visit)


def give_back() -> None:
    """Free the objects of ended visits, and give free memory back to the system.

    The objects of an ended visit refer only to each other, so the garbage collector must find them.
    Without `malloc_trim`, the C library would keep the free memory in small pieces. The training of
    other visitors cannot always use these pieces.
    """
    gc.collect()
    trim = _trim_of_c_library()
    if trim is not None:
        trim(0)


@cache
def _trim_of_c_library() -> Any:
    """Return the function `malloc_trim` of the GNU C library, or None if the system lacks it."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
