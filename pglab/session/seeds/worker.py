"""A process that trains for others: runs come in, are taken further, and go back.

It ends when the process that started it does, or closes its input.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import sys
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from pglab.session.history import Change
from pglab.session.training_session import TrainingSession


class _Pickler(pickle.Pickler):
    """Writes of a tensor only what it shows: PyTorch would write the whole array behind a view."""

    def reducer_override(self, thing: object) -> Any:
        """How to make a tensor or a parameter again; of all else, pickle knows best."""
        if type(thing) is nn.Parameter:
            return nn.Parameter, (thing.detach(),)
        if type(thing) is torch.Tensor:
            return torch.from_numpy, (thing.numpy().copy(),)
        return NotImplemented


def packed(*things: object) -> bytes:
    """Things, runs among them, as bytes that `pickle.load` understands."""
    file = io.BytesIO()
    _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(things)
    return file.getvalue()


def catch_up(
    session: TrainingSession, target: int, changes: Sequence[Change], seconds: float
) -> None:
    """Take a run to `target` steps, with the settings changed where another run's were.

    Args:
        session: stops early when it is finished.
        target: environment steps; none of the changes is later.
        changes: of the other run, from its start.
        seconds: about how long at most.
    """
    deadline = time.perf_counter() + seconds

    def advance_to(step: int) -> bool:
        """Whether the run got there."""
        missing = step - session.global_step
        if missing > 0 and not session.finished:
            session.advance("step", missing, seconds=max(deadline - time.perf_counter(), 0.0))
        return session.global_step >= step

    for number, change in enumerate(changes):
        known = session.history.changes[number : number + 1]
        if known and known[0].settings == change.settings:
            continue
        if not advance_to(change.global_step):
            return
        session.change(**change.settings)
    advance_to(target)


def main() -> None:
    """Serve until the input ends."""
    source = sys.stdin.buffer
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what others print is no answer
    gc.freeze()  # what is loaded stays: no need to look through it again and again
    while True:
        try:
            session, target, changes, seconds = pickle.load(source)
        except EOFError:
            return
        catch_up(session, target, changes, seconds)
        sink.write(packed(session))
        sink.flush()


if __name__ == "__main__":
    main()
