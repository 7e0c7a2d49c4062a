"""Runs the two halves of a WebSocket connection at once: receiving and sending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.websockets import WebSocketDisconnect


async def until_one_ends(
    receive: Coroutine[Any, Any, None],
    send: Coroutine[Any, Any, None],
    at_end: Callable[[], None] = lambda: None,
) -> None:
    """Wait until one half ends, call `at_end`, and then cancel the other half.

    A disconnected browser is not an error. All other errors of the half that ended are raised.
    """
    tasks = [asyncio.create_task(receive), asyncio.create_task(send)]
    try:
        done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except (WebSocketDisconnect, ConnectionError):
        pass  # the browser has gone
    finally:
        at_end()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
