"""The thinning of growing curves: few points are drawn, and a drawn point stays."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from pglab.curves import Gaps, GrowingCurve, RunningMean, kept_by_place, smoothed, thinned

MOST = 60


def run_with_a_collapse() -> tuple[np.ndarray, np.ndarray]:
    """Make the last steps and the returns of a run that learns, collapses and recovers."""
    rng = np.random.default_rng(0)
    level = np.concatenate([np.linspace(20, 480, 150), np.full(900, 10), np.linspace(10, 400, 150)])
    lengths = np.maximum(1, rng.normal(level, level / 5)).round()
    return np.cumsum(lengths), lengths


def naive_extremes(steps: np.ndarray, values: np.ndarray, width: float) -> set[int]:
    """Find the indices of the lowest and the highest value in each stretch with a simple loop."""
    stretches: dict[float, list[int]] = {}
    for index, step in enumerate(steps):
        stretches.setdefault(step // width, []).append(index)
    return {
        pick(inside, key=lambda index: values[index])
        for inside in stretches.values()
        for pick in (min, max)
    }


def test_what_is_drawn_of_a_growing_run_stays() -> None:
    steps, returns = run_with_a_collapse()
    line = smoothed(returns, 20)
    drawn: set[int] = set()
    doublings = 0
    for count in range(MOST + 1, len(steps) + 1, 3):
        kept = kept_by_place(steps[:count], smoothed(returns[:count], 20), MOST)
        assert len(kept) <= MOST
        assert (smoothed(returns[:count], 20)[kept] == line[kept]).all()
        open_since = steps[count - 4] - steps[-1] / 10  # a later value may replace a newer extreme
        full = {index for index in drawn if steps[index] < open_since}
        now = set(kept.tolist())
        assert {int(line[:count].argmin()), int(line[:count].argmax())} <= now
        if not full <= now:
            doublings += 1
            assert {index for index in now if steps[index] < open_since} <= drawn
        drawn = now
    assert 1 <= doublings <= 12
    widths = [w for w in 2.0 ** np.arange(20) if naive_extremes(steps, line, w) <= drawn]
    assert widths, "the lowest and the highest value of some equal stretches must be drawn"
    assert steps[-1] / widths[0] > MOST / 12


def test_a_longer_stretch_keeps_only_what_was_there_and_the_extremes_of_both() -> None:
    steps, returns = run_with_a_collapse()
    fine, coarse = (kept_by_place(steps, returns, most) for most in (240, 60))
    assert set(coarse.tolist()) <= set(fine.tolist())
    assert returns[coarse].max() == returns.max()
    assert returns[coarse].min() == returns.min()


def test_few_items_and_unknown_ones() -> None:
    assert kept_by_place(np.arange(5.0), np.arange(5.0), 5).tolist() == [0, 1, 2, 3, 4]
    assert kept_by_place(np.empty(0), np.empty(0), 5).tolist() == []
    values = np.full(100, np.nan)
    values[50] = 1.0
    assert 50 in kept_by_place(np.arange(100.0), values, 10)
    assert len(kept_by_place(np.zeros(100), values, 10)) <= 10


def test_smoothing_is_the_mean_of_the_last_values() -> None:
    assert smoothed(np.array([1.0, 3.0, 5.0, 7.0]), 2).tolist() == [1.0, 2.0, 4.0, 6.0]
    assert smoothed(np.array([np.nan, 3.0, np.nan, 7.0]), 2)[1:].tolist() == [3.0, 3.0, 7.0]
    assert len(smoothed(np.empty(0), 2)) == 0


@pytest.mark.parametrize("length", [0, 3, 10, 11, 1000])
def test_even_thinning_keeps_the_last(length: int) -> None:
    kept = thinned(length, 10)
    assert len(kept) == min(length, 10)
    assert length == 0 or kept[-1] == length - 1


def parts_of(length: int, rng: np.random.Generator) -> list[slice]:
    """Cut a curve at random places into parts. Some parts are empty."""
    cuts = np.sort(rng.integers(0, length + 1, 40))
    ends = [0, *cuts.tolist(), length]
    return [slice(*pair) for pair in pairwise(ends)]


@pytest.mark.parametrize("window", [1, 2, 7, 5000])
def test_a_running_mean_is_the_same_bit_by_bit(window: int) -> None:
    rng = np.random.default_rng(window)
    values = np.where(rng.random(900) < 0.1, np.nan, rng.normal(size=900))
    mean = RunningMean(window)
    means = np.concatenate([mean.add(values[part]) for part in parts_of(900, rng)])
    known = np.isfinite(values)
    for end in (1, 5, 300, 900):
        last = slice(max(end - window, 0), end)
        naive = values[last][known[last]].mean() if known[last].any() else np.nan
        assert means[end - 1] == pytest.approx(naive, nan_ok=True)
    np.testing.assert_array_equal(means, smoothed(values, window))


@pytest.mark.parametrize("seed", range(20))
def test_a_growing_curve_draws_what_would_be_chosen_from_the_whole_curve(seed: int) -> None:
    rng = np.random.default_rng(seed)
    length, window = int(rng.integers(1, 3_000)), int(rng.choice([2, 20, 200]))
    steps = np.cumsum(rng.integers(1, 2 + rng.integers(60), length)).astype(float)
    values = rng.normal(size=length).round(1 + seed % 2)  # rounding makes some values equal
    values[rng.random(length) < 0.2 * (seed % 3)] = np.nan
    growing = {
        (gaps, size): GrowingCurve(MOST, size, gaps)
        for gaps in get_args(Gaps)
        for size in (1, window)
    }
    for part in parts_of(length, rng):
        for (gaps, size), curve in growing.items():
            curve.add(steps[part], values[part])
            expected = drawn_of_whole(steps[: part.stop], values[: part.stop], size, gaps)
            np.testing.assert_array_equal([curve.steps, curve.values], expected)


def drawn_of_whole(
    steps: np.ndarray, values: np.ndarray, window: int, gaps: Gaps
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the points to draw from the whole curve at once."""
    known = ~np.isnan(values)
    if gaps == "left out":
        steps, values, known = steps[known], values[known], known[known]
    if window > 1:
        values = smoothed(values, window)
    if gaps == "bridged":
        known = ~np.isnan(values)
    steps, values = steps[known], values[known]
    kept = kept_by_place(steps, values, MOST)
    return steps[kept], values[kept]
