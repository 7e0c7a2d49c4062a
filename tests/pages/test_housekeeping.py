"""After a visitor closes the tab, the server forgets the visit and frees its memory."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage

from pglab.ui.shell.process import housekeeping


class Visit:
    """Replaces a session of Streamlit. Like such a session, it is part of a reference cycle."""

    def __init__(self, name: str) -> None:
        self.session = SimpleNamespace(id=name, visit=self)


def test_a_closed_tab_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = MemorySessionStorage(ttl_seconds=0)
    lasting: Any = MemorySessionStorage(ttl_seconds=1_000)
    visits: dict[str, Any] = {name: Visit(name) for name in ("closed", "closed lately")}
    storage.save(visits["closed"])
    lasting.save(visits["closed lately"])
    alive = {name: weakref.ref(visit) for name, visit in visits.items()}
    del visits
    manager = SimpleNamespace(_session_storage=storage)
    gc.collect()
    assert alive["closed"]() is not None, "Streamlit itself now forgets closed visits"
    housekeeping.forget({"closed", "never seen"}, manager)
    housekeeping.give_back()
    assert alive["closed"]() is None
    assert alive["closed lately"]() is not None


def test_memory_is_given_back_once_after_visits_have_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    present = ["one", "other"]
    given_back: list[float] = []
    manager = SimpleNamespace(
        list_sessions=lambda: [Visit(name) for name in present],
        _session_storage=MemorySessionStorage(),
    )
    runtime = SimpleNamespace(
        exists=lambda: True, instance=lambda: SimpleNamespace(_session_mgr=manager)
    )
    monkeypatch.setattr(housekeeping, "Runtime", runtime)
    monkeypatch.setattr(housekeeping, "SECONDS", 0.001)
    monkeypatch.setattr(housekeeping, "give_back", lambda: given_back.append(time.time()))

    async def visit() -> None:
        house = asyncio.create_task(housekeeping.keep_house())
        await asyncio.sleep(0.05)
        assert not given_back
        present.remove("one")
        while not given_back:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        house.cancel()

    asyncio.run(visit())
    assert len(given_back) == 1
