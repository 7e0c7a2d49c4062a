"""Small runs for the tests of the library, most of them invented."""

from __future__ import annotations

import dataclasses
from typing import Any

from pglab.library.contents import RunContents
from pglab.library.encoding import encoded
from pglab.library.store.runs.kept import KeptRun, Summary
from pglab.library.store.runs.summary import summary_of
from pglab.session.rewinding.transition_blocks import ROWS, Block

ADA, BOB = "key of Ada's browser", "key of Bob's browser"
SUMMARY = Summary(
    agent="split_replay",
    environment="CartPole-v1",
    settings='{"gamma": 0.99}',
    global_step=1_000,
    episodes=20,
    mean_return=50.5,
    outcome=None,
    seed=3,
    curve=b"",
    training_seconds=1.5,
)


def address(number: int = 0) -> str:
    return f"{number:024d}"


def result_key(number: int = 0) -> str:
    return f"{number:064x}"


def invented(
    number: int = 0,
    *,
    owner: str = ADA,
    writer: str = "tab",
    data: bytes = b"data",
    blocks: tuple[Block, ...] = (),
    **summary: Any,
) -> KeptRun:
    """A run with the given data. Nobody could continue it."""
    return KeptRun(
        address(number), owner, writer, data, blocks, dataclasses.replace(SUMMARY, **summary)
    )


def real(contents: RunContents, number: int = 0, *, writer: str = "tab") -> KeptRun:
    return KeptRun(
        address(number), ADA, writer, encoded(contents), contents.state.blocks, summary_of(contents)
    )


def blocks_at(added: int, capacity: int, salt: str = "") -> tuple[Block, ...]:
    """The blocks of a buffer that has received so many transitions, with invented contents."""
    first = max(0, added - capacity)
    starts = range(first - first % ROWS, added, ROWS)
    spans = [(start, min(start + ROWS, added)) for start in starts]
    return tuple(Block(a, b, (f"{salt}{a}".encode(), f"{b}".encode() * 50, b"")) for a, b in spans)
