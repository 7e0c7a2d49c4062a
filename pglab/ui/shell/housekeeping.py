"""Gives memory back to the system after visitors have left."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any

from streamlit.runtime import Runtime

SECONDS = 5.0  # between two looks at the visits


async def keep_house() -> None:
    """Whenever visits have ended, free their memory; never returns.

    Only the thread of Streamlit's server may run this.
    """
    known: set[str] = set()
    while True:
        await asyncio.sleep(SECONDS)
        if Runtime.exists():
            manager = Runtime.instance()._session_mgr
            present = {info.session.id for info in manager.list_sessions()}
            forget(known - present, manager)
            if known - present:
                await asyncio.to_thread(give_back)
            known = present


def forget(ended: Iterable[str], manager: Any) -> None:
    """Let Streamlit's session manager drop visits whose tab was closed too long ago.

    By itself, it drops them only when another tab is closed.
    """
    for visit in ended:
        with suppress(KeyError):  # also raised by a visit that is dropped because it is too old
            manager._session_storage.delete(visit)


def give_back() -> None:
    """Free objects that only refer to each other, and give free memory back to the system.

    A visit is such a set of objects. Without the second step, the C library would keep the memory
    for later, in pieces that the training of other visitors cannot always use.
    """
    gc.collect()
    trim = _trim_of_c_library()
    if trim is not None:
        trim(0)


@cache
def _trim_of_c_library() -> Any:
    """The function `malloc_trim` of the GNU C library; None in other systems."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
