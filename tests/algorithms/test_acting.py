"""Actions are sampled with the probabilities of the policy."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.algorithms.run import sample_action
from pglab.engine.kernels.steps import sample


def test_frequencies_are_the_probabilities() -> None:
    probabilities = np.array([0.1, 0.6, 0.0, 0.3])
    generator = np.random.default_rng(5)
    drawn = [sample_action(probabilities, generator) for _ in range(10_000)]
    frequencies = np.bincount(drawn, minlength=4) / 10_000
    assert frequencies[2] == 0
    # The tolerance is four standard deviations.
    np.testing.assert_allclose(frequencies, probabilities, atol=0.02)


@pytest.mark.parametrize("sure", [0, 1, 2])
def test_a_sure_action_is_always_taken(sure: int) -> None:
    generator = np.random.default_rng(0)
    probabilities = np.eye(3, dtype=np.float32)[sure]
    assert {sample_action(probabilities, generator) for _ in range(200)} == {sure}


def test_one_draw_from_the_generator() -> None:
    used, other = np.random.default_rng(7), np.random.default_rng(7)
    sample_action(np.array([0.5, 0.5]), used)
    other.random()
    assert used.bit_generator.state == other.bit_generator.state


def test_actions_are_those_of_numpy() -> None:
    dice = np.random.default_rng(1)
    rows = dice.dirichlet(np.ones(4), size=2_000).astype(np.float32)
    ours, numpys = np.random.default_rng(2), np.random.default_rng(2)
    for row in rows:
        assert sample_action(row, ours) == numpys.choice(4, p=row)


def test_the_compiled_code_draws_the_same_actions() -> None:
    dice = np.random.default_rng(3)
    rows = dice.dirichlet(np.ones(3), size=500).astype(np.float32)
    rows[::2] *= np.float32(0.2)  # much farther from 1 than rounding, so that no draw hides a gap
    for seed, row in enumerate(rows):
        draw = np.random.default_rng(seed).random()
        compiled = sample(row, draw)  # type: ignore[no-untyped-call]
        assert compiled == sample_action(row, np.random.default_rng(seed))


def test_a_sum_short_of_one_leaves_no_gap() -> None:
    generator = np.random.default_rng(0)
    drawn = [sample_action(np.array([0.1, 0.1]), generator) for _ in range(1_000)]
    assert 400 < sum(drawn) < 600  # as with the probabilities 0.5 and 0.5
