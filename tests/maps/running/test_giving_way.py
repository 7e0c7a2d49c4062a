"""Maps give way to the training of visitors."""

from __future__ import annotations

import math
from functools import cache
from types import SimpleNamespace

import pytest

from pglab.maps.running import giving_way
from pglab.maps.running.giving_way import give_way
from pglab.session.sharing.turns import Turns


class Trainee:
    """A run of a visitor."""

    due = -math.inf
    is_open = True
    milliseconds_per_1000_steps = None

    def train(self) -> bool:
        return True

    def note_place(self, *, waits: bool) -> None:
        pass


def test_a_map_sleeps_while_more_visitors_train_than_there_are_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns, clock = Turns(0), [0.0]
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        clock[0] += seconds
        if len(naps) == 12:
            turns._served.clear()  # all visitors have paused their runs

    watch = SimpleNamespace(perf_counter=lambda: clock[0], sleep=sleep)
    monkeypatch.setattr(giving_way, "time", watch)
    shared = cache(lambda: turns)
    shared()
    monkeypatch.setattr(giving_way, "shared_turns", shared)
    give_way(1.0)
    assert naps == []
    turns.join(Trainee())
    give_way(1.0)
    assert sum(naps) == pytest.approx(1.0)
    give_way(60.0)
    assert len(naps) == 12
