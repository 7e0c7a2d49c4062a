"""Fresh episodes on demand: their own streams, and the critic against what followed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pglab.config import ActorCriticConfig
from pglab.evaluation import PlayedEpisode, critic_truth, play
from pglab.session import TrainingSession
from tests.oracles import SHORT_CARTPOLE, SHORT_LIMIT, naive_returns, same_records


class Constant(nn.Module):
    """Gives every action the same number, whatever the observation."""

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
    undisturbed = left.advance("step", 200)
    seen = watched.advance("step", 100)
    play(watched.networks["policy"], config.env_id, 2, config.seed, greedy=False)
    assert same_records(undisturbed, [*seen, *watched.advance("step", 100)])


def test_the_truth_is_the_return_that_followed() -> None:
    estimates, returns = critic_truth(Constant(3.0, 5.0), [episode(6, truncated=False)], 0.9)
    np.testing.assert_allclose(estimates, [3, 5, 3, 5, 3, 5])
    np.testing.assert_allclose(returns, naive_returns([1.0] * 6, [False] * 5 + [True], 0.9))


@pytest.mark.parametrize(("gamma", "known"), [(0.5, 7), (0.9, 0), (1.0, 0)])
def test_steps_whose_return_was_cut_do_not_count(gamma: float, known: int) -> None:
    """0.5⁴ ≤ 0.1 < 0.5³: the last three of ten steps miss too much; with 0.9 every step does."""
    estimates, returns = critic_truth(Constant(0.0, 0.0), [episode(10, truncated=True)], gamma)
    assert len(estimates) == len(returns) == known
