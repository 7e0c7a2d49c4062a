"""A worker process: it receives a training session, trains it, and returns it.

A worker process ends when its parent process ends or closes the worker's standard input.
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
    """Pickles a tensor view without the rest of its array, which PyTorch would pickle too."""

    def reducer_override(self, thing: object) -> Any:
        """Return how to restore a tensor or a parameter; pickle handles all other objects."""
        if type(thing) is nn.Parameter:
            return nn.Parameter, (thing.detach(),)
        if type(thing) is torch.Tensor:
            return torch.from_numpy, (thing.numpy().copy(),)
        return NotImplemented


def packed(*things: object) -> bytes:
    """Convert objects, such as sessions, into bytes that `pickle.load` can read."""
    file = io.BytesIO()
    _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(things)
    return file.getvalue()


def catch_up(
    session: TrainingSession, target: int, changes: Sequence[Change], seconds: float
) -> None:
    """Train a run to step `target`, with the same changes of settings as another run.

    Args:
        session: the run; it stops early if it is finished.
        target: environment step to reach; all changes come before or at it.
        changes: all changes of the other run since its start.
        seconds: approximate limit of the time, in seconds of wall clock.
    """
    deadline = time.perf_counter() + seconds

    def advance_to(step: int) -> bool:
        """Train up to `step`, and return True if the run has reached this step."""
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
    """Read requests from the standard input and answer them, until the input ends."""
    source = sys.stdin.buffer
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # printed text must not mix with answers
    gc.freeze()  # the garbage collector need not search the loaded modules
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
