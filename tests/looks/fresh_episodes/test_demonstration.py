"""The player's episodes: their scenes, their ends, and their independence of the training."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import torch
from torch import Tensor, nn

from pglab.config import ReinforceConfig
from pglab.looks.fresh_episodes.demonstration import Demonstration, Scene
from pglab.session.train import train
from tests.oracles import SHORT_CARTPOLE, SHORT_LIMIT


class Fixed(nn.Module):
    """A policy with the same probabilities for every observation."""

    def __init__(self, *probabilities: float) -> None:
        super().__init__()
        self.log_probabilities = torch.tensor(probabilities).log()

    def forward(self, observations: Tensor) -> Tensor:
        return self.log_probabilities.expand(*observations.shape[:-1], -1)


RANDOM, LEFT = Fixed(0.5, 0.5), Fixed(1.0, 0.0)


def episodes_of(scenes: list[Scene]) -> list[list[Scene]]:
    """Split scenes into episodes. Return one list of scenes for each episode."""
    return [list(group) for _, group in groupby(scenes, key=lambda scene: scene.episode)]


def has_fallen(observation: np.ndarray) -> bool:
    """True if the CartPole episode is over: |position| > 2.4 m, or |pole angle| > 12°."""
    return bool(abs(observation[0]) > 2.4 or abs(observation[2]) > np.radians(12))


def test_the_last_scene_of_an_episode_shows_how_it_ended() -> None:
    *complete, _ = episodes_of(Demonstration("CartPole-v1", seed=0).scenes(RANDOM, 300))
    assert len(complete) > 5
    for episode in complete:
        assert [scene.step for scene in episode] == list(range(len(episode)))
        assert [scene.action is None for scene in episode] == [False] * (len(episode) - 1) + [True]
        fallen = [has_fallen(scene.observation) for scene in episode]
        assert fallen == [scene.ended for scene in episode]


def test_truncated_episodes_end_too() -> None:
    *complete, _ = episodes_of(Demonstration(SHORT_CARTPOLE, seed=0).scenes(RANDOM, 300))
    lengths = {len(episode) - 1 for episode in complete}
    assert max(lengths) == SHORT_LIMIT
    assert len(lengths) > 1
    assert all(episode[-1].action is None for episode in complete)


def test_the_same_seed_shows_the_same_starts_whatever_the_policy() -> None:
    def starts(seed: int, policy: nn.Module) -> list[list[float]]:
        episodes = episodes_of(Demonstration("CartPole-v1", seed).scenes(policy, 200))
        return [episode[0].observation.tolist() for episode in episodes[:4]]

    assert starts(1, RANDOM) == starts(1, LEFT)
    assert starts(1, RANDOM) != starts(2, RANDOM)


def test_the_policy_acts() -> None:
    scenes = Demonstration("CartPole-v1", seed=0).scenes(LEFT, 50)
    assert {scene.action for scene in scenes} == {0, None}
    np.testing.assert_array_equal(scenes[0].probabilities, [1, 0])


def test_scenes_go_on_where_they_stopped() -> None:
    def shown(scenes: list[Scene]) -> list[object]:
        return [(s.episode, s.step, s.observation.tolist(), s.action) for s in scenes]

    whole = Demonstration("CartPole-v1", seed=0).scenes(RANDOM, 90)
    demonstration = Demonstration("CartPole-v1", seed=0)
    parts = [scene for _ in range(30) for scene in demonstration.scenes(RANDOM, 3)]
    assert shown(parts) == shown(whole)


def test_one_episode_from_its_start() -> None:
    demonstration = Demonstration("CartPole-v1", seed=0)
    demonstration.scenes(RANDOM, 3)
    first = demonstration.episode(RANDOM, 1000)
    second = demonstration.episode(RANDOM, 1000)
    for episode in (first, second):
        assert [scene.step for scene in episode] == list(range(len(episode)))
        assert len({scene.episode for scene in episode}) == 1
        assert episode[-1].action is None
    assert first[0].episode != second[0].episode
    assert not np.array_equal(first[0].observation, second[0].observation)


def test_an_episode_is_cut_off() -> None:
    demonstration = Demonstration("CartPole-v1", seed=0)
    scenes = demonstration.episode(RANDOM, 5)
    assert len(scenes) == 5
    assert scenes[-1].action is not None
    assert demonstration.scenes(RANDOM, 1)[0].step == 5
    assert [scene.step for scene in demonstration.episode(RANDOM, 2)] == [0, 1]


def test_starts_are_not_those_of_the_training_run_with_the_same_seed() -> None:
    first = next(iter(train(ReinforceConfig(seed=3))))
    shown = Demonstration("CartPole-v1", seed=3).scenes(RANDOM, 1)[0]
    assert not np.array_equal(first.observation, shown.observation)  # type: ignore[union-attr]
