"""The sentences of the gradient lab agree with its numbers."""

from __future__ import annotations

import math

import pytest

from pglab.gradient_noise.intervals import Interval
from pglab.gradient_noise.words import (
    aims_text,
    baselines_text,
    number,
    precision_text,
    signal_text,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (
            Interval(0.125, 0.0625, 0.25),
            "as precisely as about 8 episodes with reward-to-go alone** (95% interval 4 to 16). "
            "With the whole-episode return, about 22 episodes",
        ),
        (Interval(0.77, 0.7, 0.9), "as precisely as about 1.3 episodes with reward-to-go alone"),
        (Interval(0.9, 0.7, 1.2), "do not show whether V(s) as baseline makes the gradient"),
        (Interval(2.0, 1.6, 2.5), "as precisely as about 0.5 episodes with reward-to-go alone"),
        (Interval(0.1, NAN, NAN), "do not show"),
    ],
)
def test_what_an_episode_with_a_baseline_is_worth(ratio: Interval, words: str) -> None:
    """The number in bold compares V(s) as baseline with reward-to-go without a baseline."""
    assert words in precision_text(ratio, Interval(0.045, 0.021, 0.079))


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Interval(0.31, 0.17, 0.45), "The variance is smaller with V(s)"),
        (Interval(1.59, 1.38, 1.82), "Here the variance is larger with V(s)"),
        (Interval(0.93, 0.79, 1.08), "no clear difference between V(s) and the mean"),
    ],
)
def test_which_baseline_leaves_less(ratio: Interval, words: str) -> None:
    assert words in baselines_text(ratio)


@pytest.mark.parametrize(
    ("cosine", "words"),
    [
        (0.994, "almost in the same direction"),
        (0.95, "slightly different"),
        (0.7, "clearly different"),
        (0.383, "very different"),
        (0.0, "right angle"),
        (-0.5, "opposite"),
    ],
)
def test_how_far_two_aims_are_apart(cosine: float, words: str) -> None:
    certain = Interval(cosine, cosine - 0.05, min(cosine + 0.05, 1.0))
    assert words in aims_text(certain, found=True)
    assert f"cosine {number(cosine, 3)}" in aims_text(certain, found=True)
    for unknown in (
        aims_text(certain, found=False),
        aims_text(Interval(cosine, cosine - 0.4, cosine + 0.4), found=True),
        aims_text(Interval(cosine, NAN, NAN), found=True),
    ):
        assert "cannot show" in unknown
        assert words not in unknown
    assert aims_text(Interval(NAN, NAN, NAN), found=True) == ""


@pytest.mark.parametrize(
    ("snr", "words"),
    [
        (1e-6, "almost only noise"),
        (0.5, "more noise than signal"),
        (2.0, "more signal than noise"),
        (50.0, "mostly signal"),
        (0.0, "no signal found"),
        (-0.3, "no signal found"),
        (NAN, "no signal found"),
    ],
)
def test_what_a_signal_to_noise_ratio_means(snr: float, words: str) -> None:
    assert signal_text(snr, found=True) == words
    assert signal_text(snr, found=False) == "no signal found"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0447, "0.045"), (21.97, "22"), (1.25, "1.2"), (4030000, "4,000,000"), (-0.5, "−0.5")],
)
def test_numbers_have_few_digits_and_no_exponent(value: float, text: str) -> None:
    assert number(value, 2) == text
