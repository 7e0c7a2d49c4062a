"""Fresh episodes have their own random streams, and their returns test the critic."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pglab.config import ActorCriticConfig
from pglab.looks.fresh_episodes.evaluation import (
    Calibration,
    PlayedEpisode,
    calibration,
    critic_truth,
    play,
)
from pglab.plots.critic import truth_figure
from pglab.session.training_session import TrainingSession
from pglab.ui.chapters.fresh_episodes import truth_in_words
from tests.oracles import SHORT_CARTPOLE, SHORT_LIMIT, advance_records, naive_returns, same_records


class Constant(nn.Module):
    """A network with the same outputs for every observation."""

    def __init__(self, *numbers: float) -> None:
        super().__init__()
        self.numbers = torch.tensor(numbers)

    def forward(self, observations: Tensor) -> Tensor:
        return self.numbers.expand(*observations.shape[:-1], -1)


EVEN = Constant(float(np.log(0.5)), float(np.log(0.5)))
MOSTLY_RIGHT = Constant(float(np.log(0.3)), float(np.log(0.7)))


def episode(length: int, *, truncated: bool) -> PlayedEpisode:
    return PlayedEpisode(
        np.zeros((length, 4), np.float32), np.arange(length) % 2, np.ones(length), truncated
    )


def test_the_same_seed_plays_the_same() -> None:
    first, second, other = (play(EVEN, "CartPole-v1", 3, seed, greedy=False) for seed in (1, 1, 2))
    assert [list(e.actions) for e in first] == [list(e.actions) for e in second]
    assert [list(e.actions) for e in first] != [list(e.actions) for e in other]


def test_greedy_takes_the_likeliest_action_and_sampling_all() -> None:
    greedy = play(MOSTLY_RIGHT, "CartPole-v1", 2, 0, greedy=True)
    assert all((e.actions == 1).all() for e in greedy)
    sampled = np.concatenate(
        [e.actions for e in play(MOSTLY_RIGHT, "CartPole-v1", 20, 0, greedy=False)]
    )
    assert 0 < (sampled == 0).mean() < 0.5


def test_the_end_of_an_episode_is_told_apart() -> None:
    episodes = play(EVEN, SHORT_CARTPOLE, 20, 0, greedy=False)
    for played in episodes:
        assert played.truncated == (len(played.rewards) == SHORT_LIMIT)
        assert played.total == len(played.rewards)
    assert len({played.truncated for played in episodes}) == 2


def test_playing_leaves_the_training_as_it_is() -> None:
    config = ActorCriticConfig.split_replay(hidden_sizes=(8,), total_steps=1000)
    left, watched = TrainingSession(config), TrainingSession(config)
    undisturbed = advance_records(left, "step", 200)
    seen = advance_records(watched, "step", 100)
    play(watched.networks["policy"], config.env_id, 2, config.seed, greedy=False)
    assert same_records(undisturbed, [*seen, *advance_records(watched, "step", 100)])


def test_a_critic_is_judged_by_what_it_expects() -> None:
    """The critic's small estimates are too high, and its large estimates are too low."""
    estimates = np.array([10.0, 90.0, 50.0, 12.0, 88.0, 50.0])
    returns = np.array([0.0, 110.0, 50.0, 2.0, 108.0, 70.0])
    found = calibration(estimates, returns)
    errors = estimates - returns
    assert found.low == pytest.approx((errors[0] + errors[3]) / 2) == 10
    assert found.high == pytest.approx((errors[1] + errors[4]) / 2) == -20
    assert found.bias == pytest.approx(errors.mean())
    assert found.spread == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert calibration(np.array([3.0]), np.array([1.0])) == Calibration(2, 2, 2, 2)


def test_the_truth_in_words_follows_its_numbers() -> None:
    text = truth_in_words(Calibration(bias=0.4, spread=28.2, low=31.6, high=-44.7), 900)
    assert "900 steps" in text
    assert "On average, Q is off by less than 1" in text
    assert "a typical error is 28" in text
    assert "with the smallest Q, Q is on average 32 too high." in text
    assert "with the largest Q, Q is on average 45 too low." in text


def test_the_truth_in_numbers_is_drawn_on_equal_axes() -> None:
    figure = truth_figure(np.array([0.0, 10.0]), np.array([50.0, 90.0]))
    assert figure["layout"]["xaxis"]["range"] == figure["layout"]["yaxis"]["range"]
    assert figure["layout"]["yaxis"]["scaleanchor"] == "x"


def test_the_truth_is_the_return_that_followed() -> None:
    estimates, returns = critic_truth(Constant(3.0, 5.0), [episode(6, truncated=False)], 0.9)
    np.testing.assert_allclose(estimates, [3, 5, 3, 5, 3, 5])
    np.testing.assert_allclose(returns, naive_returns([1.0] * 6, [False] * 5 + [True], 0.9))


@pytest.mark.parametrize(("gamma", "known"), [(0.5, 7), (0.9, 0), (1.0, 0)])
def test_steps_whose_return_was_cut_do_not_count(gamma: float, known: int) -> None:
    """With γ = 0.5, the last three of ten steps do not count, because 0.5⁴ ≤ 0.1 < 0.5³."""
    estimates, returns = critic_truth(Constant(0.0, 0.0), [episode(10, truncated=True)], gamma)
    assert len(estimates) == len(returns) == known
