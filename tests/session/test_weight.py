"""A run needs little memory, because many visitors share one server."""

from __future__ import annotations

import gc
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.session.rewinding import checkpoints
from pglab.session.rewinding.checkpoints import FEWEST_CHECKPOINTS, MOST_CHECKPOINTS
from pglab.session.training_session import TrainingSession

MEGABYTE = 1_000_000
LONG: dict[str, Any] = {"total_steps": 1_000_000, "stop_when_solved": False}


@pytest.mark.parametrize(
    ("config", "steps", "most"),
    [
        (ReinforceConfig(**LONG), 20_000, 5.0 * MEGABYTE),
        (ActorCriticConfig(body="shared", critic_data="on_policy", **LONG), 8_000, 5.6 * MEGABYTE),
        (ActorCriticConfig(body="split", critic_data="replay", **LONG), 2_000, 5.6 * MEGABYTE),
    ],
)
def test_a_long_run_is_light(
    config: AgentConfig, steps: int, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SHORTEST_SPACING", 50)
    session = TrainingSession(config)
    session.advance("step", steps)
    assert FEWEST_CHECKPOINTS < len(session.checkpoints) <= MOST_CHECKPOINTS
    assert bytes_of(session) < most


def bytes_of(session: TrainingSession) -> int:
    """Return the bytes of a session's arrays and texts, without the memory of its replay buffer."""
    total, seen = 0, set[int]()
    waiting: list[Any] = [session]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, type | FunctionType | ModuleType):
            continue
        seen.add(id(part))
        if isinstance(part, np.ndarray):
            if part.base is None:
                total += part.nbytes
            else:
                waiting.append(part.base)
        elif isinstance(part, torch.Tensor):
            storage = part.untyped_storage()
            if storage.data_ptr() not in seen:
                seen.add(storage.data_ptr())
                total += storage.nbytes()
        elif isinstance(part, bytes):
            total += len(part)
        else:
            waiting.extend(gc.get_referents(part))
    return total - (0 if session.buffer is None else _of_buffer(session))


def _of_buffer(session: TrainingSession) -> int:
    """Return the replay buffer's bytes, with the engine's 8 bytes per row for the latest draw."""
    assert session.buffer is not None
    held = sum(column.nbytes for column in session.buffer.columns)
    return held + 8 * session.buffer.capacity
