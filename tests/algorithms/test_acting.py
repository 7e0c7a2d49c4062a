"""Actions are sampled with the probabilities of the policy."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.algorithms.run import sample_action


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


def test_a_sum_short_of_one_gives_a_valid_action() -> None:
    generator = np.random.default_rng(0)
    drawn = {sample_action(np.array([0.1, 0.1]), generator) for _ in range(100)}
    assert drawn == {0, 1}
