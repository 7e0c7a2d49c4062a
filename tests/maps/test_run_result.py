"""The result of one run: what it keeps, and its measures."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.maps.measures import area_under_curve, late_return, measures, steps_to
from pglab.maps.run_result import (
    WINDOWS,
    ResultDamaged,
    RunResult,
    decoded,
    measured,
    run_of_map,
)
from pglab.records import EpisodeRecord
from pglab.session.train import train

SOLVED_SOON = ReinforceConfig(success_return=20, smoothing_window=2, eval_interval=100)
DIVERGING = ActorCriticConfig(
    learning_rate=0.1, symexp_heads=True, policy_signal="q", rollout_steps=16
)


def result(values: dict[int, tuple[float, int]], **facts: Any) -> RunResult:
    """A result of 1,000 steps with these sums and counts in a few windows."""
    sums, counts = [0.0] * WINDOWS, [0] * WINDOWS
    for window, (total, count) in values.items():
        sums[window], counts[window] = total, count
    ended = {"solved_at": None, "diverged_at": None, **facts}
    return RunResult(1_000, tuple(sums), tuple(counts), **ended)


@pytest.mark.parametrize("config", [SOLVED_SOON, DIVERGING], ids=["solved", "diverges"])
def test_a_result_is_that_of_the_single_run(config: Any) -> None:
    config = run_of_map(config, seed=3, total_steps=2_750)
    pauses: list[None] = []
    kept = measured(config, lambda: pauses.append(None))
    assert len(pauses) > 10
    sums, counts, solved_at = np.zeros(WINDOWS), np.zeros(WINDOWS, dtype=int), None
    with np.errstate(all="ignore"):
        try:
            for record in train(config):
                if isinstance(record, EpisodeRecord):
                    window = math.ceil(record.global_step / 27.5) - 1
                    sums[window] += record.episode_return
                    counts[window] += 1
                    if record.solved and solved_at is None:
                        solved_at = record.global_step
            diverged = False
        except ArithmeticError:
            diverged = True
    assert (kept.sums, kept.counts) == (tuple(sums), tuple(counts))
    assert kept.solved_at == solved_at
    assert kept.diverged == diverged == (config.gamma != SOLVED_SOON.gamma)
    assert (solved_at is None) == diverged


def test_measures_of_a_learning_curve() -> None:
    learned = result({10: (40.0, 2), 50: (60.0, 1), 90: (300.0, 1), 99: (600.0, 2)})
    assert late_return(learned) == 300.0
    # 20 up to window 49, then 60 up to window 89, then 300.
    assert area_under_curve(learned) == pytest.approx((50 * 20 + 40 * 60 + 10 * 300) / 100)
    assert steps_to(learned, 60.0) == 510
    assert steps_to(learned, 20.0) == 110
    assert steps_to(learned, 301.0) == 1_000


def test_what_is_unknown_has_no_number() -> None:
    for unknown in (result({}), result({99: (30.0, 1)}, diverged_at=995)):
        assert math.isnan(late_return(unknown))
        assert math.isnan(area_under_curve(unknown))
    assert math.isnan(late_return(result({89: (30.0, 1)})))
    solved = measures(SOLVED_SOON)["solved"].of
    assert [solved(result({}, solved_at=step)) for step in (None, 500)] == [0.0, 1.0]


def test_a_result_comes_back_bit_for_bit() -> None:
    kept = measured(run_of_map(SOLVED_SOON, seed=0, total_steps=1_999))
    assert decoded(kept.encoded()) == kept


@pytest.mark.parametrize(
    "changed",
    [
        {"sums": [1.0]},
        {"sums": [float("inf")] * WINDOWS},
        {"sums": ["1"] * WINDOWS},
        {"counts": [-1] * WINDOWS},
        {"counts": [1.5] * WINDOWS},
        {"total_steps": 0},
        {"solved_at": "1"},
        {"format": 2},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_damaged_result_is_refused(changed: dict[str, Any]) -> None:
    facts = json.loads(result({}).encoded()) | changed
    with pytest.raises(ResultDamaged):
        decoded(json.dumps(facts).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"null"], ids=len)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ResultDamaged):
        decoded(data)
