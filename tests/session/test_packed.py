"""A packed run contains the whole run bit for bit. Checkpoints share the stored transitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.agents import AgentConfig, AgentRun
from pglab.records import StepRecord
from pglab.replay_buffer import ReplayBuffer
from pglab.session.rewinding import transition_blocks
from pglab.session.rewinding.byte_planes import decompressed
from pglab.session.rewinding.packed import UNIT, packed
from pglab.session.rewinding.transition_blocks import Block, blocks_of, fill
from pglab.session.training_session import TrainingSession
from tests.oracles import same_records, short_config
from tests.oracles_actor_critic import short_cell

CONFIGS = [
    short_config(baseline="value"),
    short_config(env_id="Acrobot-v1", engine="reference"),
    short_cell(body="shared", critic_data="on_policy", symexp_heads=True),
    short_cell(body="split", critic_data="replay", env_id="MountainCar-v0"),
]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("steps", [0, 317])
def test_everything_comes_back(config: AgentConfig, steps: int) -> None:
    session = TrainingSession(config, can_rewind=False)
    session.advance("step", steps)
    run = session.copy_of_run()
    again = packed(run).unpacked()
    assert same_records(numbers_of(run), numbers_of(again))
    assert vars(run).keys() == vars(again).keys()
    assert again.networks.keys() == run.networks.keys()


def numbers_of(run: AgentRun) -> list[Any]:
    """Return all numbers of a run. An object that occurs twice is included once."""
    found: list[Any] = []
    seen: set[int] = set()

    def visit(part: Any) -> None:
        if isinstance(part, torch.Tensor):
            found.append(part.detach().numpy())
        elif isinstance(part, ReplayBuffer):
            found.extend([part.capacity, part.added])
            found.extend(column[: len(part)] for column in part.columns)
        elif isinstance(part, StepRecord):
            found.append(part)
        elif isinstance(part, np.random.Generator):
            found.append(repr(part.bit_generator.state))
        elif isinstance(part, str | int | float | bytes | np.ndarray | np.generic | type(None)):
            found.append(part)
        elif id(part) not in seen:
            seen.add(id(part))
            if isinstance(part, dict):
                for key, value in part.items():
                    visit(key)
                    visit(value)
            elif isinstance(part, list | tuple):
                for value in part:
                    visit(value)
            elif hasattr(part, "__dict__"):
                found.append(type(part).__qualname__)
                visit(vars(part))

    visit(vars(run))
    return found


def test_a_packed_run_holds_little_beside_its_numbers() -> None:
    session = TrainingSession(short_config(hidden_sizes=(128, 128)))
    session.advance("step", 300)
    copied = packed(session.copy_of_run())
    parameters = sum(p.numel() for p in session.networks["policy"].parameters())
    size = 12 * parameters + 6 * 4  # six step counts of Adam
    assert decompressed(copied.numbers, UNIT).nbytes == size
    assert len(copied.numbers) < 0.9 * size
    assert len(copied.rest) < 20_000


# --- Transitions


def buffer_of(added: int, capacity: int) -> ReplayBuffer:
    """Make a replay buffer, and add transitions. Each transition contains its number."""
    buffer = ReplayBuffer(capacity, 2)
    for number in range(added):
        pair = np.array([number, -number], np.float32)
        buffer.add(
            StepRecord(
                number, 1, pair, number % 2, pair, 0.0, number / 3, number % 5 == 0, False, pair + 1
            )
        )
    return buffer


@pytest.mark.parametrize("capacity", [1, 7, 10, 25, 1_000])
def test_blocks_hold_the_whole_buffer(capacity: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transition_blocks, "ROWS", 10)
    known: list[Block] = []
    for added in (0, 1, 9, 10, 11, 35, 36, 60, 99):
        buffer, again = buffer_of(added, capacity), ReplayBuffer(capacity, 2)
        blocks = blocks_of(buffer, known)
        fill(again, blocks, added)
        assert again.added == added
        for column, expected in zip(again.columns, buffer.columns, strict=True):
            assert column[: len(buffer)].tobytes() == expected[: len(buffer)].tobytes()
        known += blocks


def test_checkpoints_share_whole_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transition_blocks, "ROWS", 100)
    session = TrainingSession(
        short_cell(critic_data="replay", replay_capacity=900, total_steps=5_000)
    )
    session.advance("step", 1_501)
    second, third, fourth = (
        {block.first: block for block in point.packed.blocks} for point in session.checkpoints[1:]
    )
    assert list(second) == list(range(0, 500, 100))
    assert list(third) == list(range(100, 1_000, 100))
    assert list(fourth) == list(range(600, 1_500, 100))
    assert all(third[first] is second[first] for first in range(100, 500, 100))
    assert all(fourth[first] is third[first] for first in range(600, 1_000, 100))


def test_a_fork_shares_nothing_with_what_it_did_not_repeat() -> None:
    config = short_cell(critic_data="replay", replay_capacity=2_000, total_steps=5_000)
    session = TrainingSession(config)
    session.advance("step", 1_501)
    abandoned = session.checkpoints[-1]
    session.rewind(session.checkpoints[1])
    session.change(learning_rate=0.1)
    session.advance("step", 1_101)
    assert session.buffer is not None
    expected = session.buffer.columns.observations[:1_500]
    session.rewind(session.checkpoints[-1])
    assert session.global_step == 1_500
    assert session.buffer.columns.observations[:1_500].tobytes() == expected.tobytes()
    left = abandoned.run().buffer  # type: ignore[union-attr]
    assert left is not None
    assert left.columns.observations[:1_500].tobytes() != expected.tobytes()
