"""Reads the stage's messages and its live channel as the scripts in the browser do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import websockets

from pglab.ui.stage.socket import READY, UNKNOWN

Parts = dict[str, bytes]
RETRY_SECONDS = 0.3


def read(raw: bytes, known: Mapping[str, bytes]) -> tuple[dict[str, Any], Parts | None]:
    """Return the head and the parts of a message. `known` contains the parts of the last message.

    A message does not repeat parts that have not changed. A message without parts gives None.
    """
    head, start = read_head(raw), _start(raw)
    if "sent" not in head:
        return head, None
    parts = {name: known[name] for name in head["kept"]}
    for name, length in head["sent"]:
        parts[name] = raw[start : start + length]
        start += length
    return head, parts


def read_head(raw: bytes) -> dict[str, Any]:
    """Return only the head of a message."""
    head: dict[str, Any] = json.loads(raw[4 : _start(raw)])
    return head


def _start(raw: bytes) -> int:
    """Return where the parts of a message begin."""
    return 4 + int.from_bytes(raw[:4], "little")


def steps_in(parts: Mapping[str, bytes]) -> int:
    """Return the number of environment steps that the page shows above the panels."""
    return int(json.loads(parts["numbers"])[0]["value"].replace(",", ""))


async def follow(
    url: str,
    name: str,
    paint_seconds: float,
    take: Callable[[dict[str, Any], Parts | None, int], None],
) -> None:
    """Read a live channel until the server no longer knows the channel.

    If the connection breaks, connect again. For each message, `take` is called with the head, the
    parts and the length in bytes.
    """
    address = f"{url.replace('http', 'ws', 1)}/live/{name}"
    while True:
        try:
            async with websockets.connect(address, max_size=None) as socket:
                parts: Parts = {}
                await socket.send(READY)
                async for raw in socket:
                    assert isinstance(raw, bytes)
                    head, fresh = read(raw, parts)
                    take(head, fresh, len(raw))
                    if fresh is not None:
                        parts = fresh
                        await asyncio.sleep(paint_seconds)
                        await socket.send(READY)
        except (OSError, websockets.WebSocketException) as error:
            closed = isinstance(error, websockets.ConnectionClosed) and error.rcvd is not None
            if closed and error.rcvd.code == UNKNOWN:  # type: ignore[union-attr]
                return
        await asyncio.sleep(RETRY_SECONDS)
