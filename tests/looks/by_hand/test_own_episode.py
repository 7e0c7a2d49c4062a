"""An episode from a browser is checked, and the agent plays from the same start and world."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pglab.looks.by_hand.own_episode import EpisodeRefused, checked_episode
from pglab.looks.by_hand.same_world import same_world_returns, usual_returns
from tests.looks.by_hand.browser_episodes import sent_episode


def always_right(_state: object) -> int:
    return 1


def test_a_true_episode_is_read() -> None:
    sent = sent_episode(always_right)
    episode = checked_episode(sent)
    assert episode.total == len(sent["rows"]) < 15
    assert episode.terminated
    assert episode.usual
    assert episode.player == "you"
    assert set(episode.actions) == {1}
    np.testing.assert_array_equal(episode.states, sent["states"])
    np.testing.assert_array_equal(episode.observations, np.float32(sent["states"]))


def test_the_time_limit_ends_an_episode_too() -> None:
    episode = checked_episode(sent_episode())
    assert episode.total == 500
    assert not episode.terminated


@pytest.mark.parametrize(
    "nudged",
    [
        {"world": (0.6, 9.8, 0.0)},
        {"world": (0.5, 5.0, 0.0)},
        {"world": (0.5, 9.8, 0.1)},
        {"pushes": lambda t: (1.0 * (t == 3), 0.0)},
        {"pushes": lambda t: (0.0, 1.0 * (t == 3))},
        {"randomStart": False},
    ],
)
def test_a_nudged_episode_is_allowed_but_not_usual(nudged: dict[str, Any]) -> None:
    assert not checked_episode(sent_episode(always_right, **nudged)).usual


def with_noise(sent: dict[str, Any], error: float) -> dict[str, Any]:
    seen = np.add(sent["seen"], [error, 0, 0, 0]).tolist()
    return sent | {"seen": seen}


def test_noise_may_be_as_large_as_the_world_says() -> None:
    sent = sent_episode(always_right, world=(0.5, 9.8, 0.1))
    assert checked_episode(with_noise(sent, 0.23)).observations[0, 0] == np.float32(0.24)
    with pytest.raises(EpisodeRefused):
        checked_episode(with_noise(sent, 0.25))  # 10 % of 2.4 m is 0.24 m


def row_of(sent: dict[str, Any], column: int, value: object) -> None:
    sent["rows"][2][column] = value


BAD: dict[str, Callable[[dict[str, Any]], object]] = {
    "another player": lambda sent: sent.update(player="<b>"),
    "no player": lambda sent: sent.pop("player"),
    "start is a number": lambda sent: sent.update(randomStart=1),
    "no steps": lambda sent: sent.update(rows=[], states=sent["states"][:1]),
    "states are a text": lambda sent: sent.update(states="x" * 1000),
    "a state is missing": lambda sent: sent["states"].pop(),
    "a row is short": lambda sent: sent["rows"][1].pop(),
    "no action 2": lambda sent: row_of(sent, 0, 2),
    "half an action": lambda sent: row_of(sent, 0, 0.5),
    "another action": lambda sent: row_of(sent, 0, 0),
    "a text": lambda sent: row_of(sent, 0, "1"),
    "true": lambda sent: row_of(sent, 0, True),
    "not a number": lambda sent: row_of(sent, 1, float("nan")),
    "infinite": lambda sent: row_of(sent, 2, float("inf")),
    "an endless integer": lambda sent: row_of(sent, 2, 10**400),
    "no gravity": lambda sent: row_of(sent, 2, 0.0),
    "a huge knock": lambda sent: row_of(sent, 4, 1e5),
    "another knock": lambda sent: row_of(sent, 5, 0.001),
    "a far random start": lambda sent: sent["states"][0].__setitem__(0, 0.06),
    "ends too early": lambda sent: [sent[n].pop() for n in ("rows", "states", "seen")],
    "goes on after the end": lambda sent: [
        sent[n].append(sent[n][-1]) for n in ("rows", "states", "seen")
    ],
    "too long": lambda sent: [sent.update({n: sent[n] * 200}) for n in ("rows", "states", "seen")],
    "sees something else": lambda sent: sent["seen"][1].__setitem__(2, 0.5),
}


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD)
def test_an_impossible_episode_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    sent = copy.deepcopy(sent_episode(always_right))
    checked_episode(copy.deepcopy(sent))
    spoil(sent)
    with pytest.raises(EpisodeRefused, match="Play a new episode"):
        checked_episode(sent)


@pytest.mark.parametrize("value", [None, 7, "episode", [], {}, {"rows": None}])
def test_something_else_is_refused(value: object) -> None:
    with pytest.raises(EpisodeRefused):
        checked_episode(value)


class Balancing(nn.Module):
    """The deterministic policy `balancing`, as log-probabilities."""

    def forward(self, observations: Tensor) -> Tensor:
        score = observations @ torch.tensor([0.1, 0.2, 3.0, 1.0])
        return torch.log(torch.stack([score <= 0, score > 0], dim=-1).float())


@pytest.mark.parametrize(
    "nudged",
    [
        {},
        {"start": (0.0, 0.0, 0.15, 1.5)},
        {"world": (1.2, 25.0, 0.0)},
        {"world": (0.15, 9.8, 0.0)},
        {"pushes": lambda t: (0.0, 2.0 * (t == 5))},
        {"pushes": lambda t: (0.4, 0.0)},
    ],
)
def test_the_agent_meets_the_same_start_world_and_knocks(nudged: dict[str, Any]) -> None:
    """A policy that acts like the player gets the player's return."""
    sent = sent_episode(**nudged, randomStart=not nudged.get("start"))
    episode = checked_episode(sent)
    returns = same_world_returns(Balancing(), episode, count=3, seed=1)
    assert returns.tolist() == [episode.total] * 3


def test_noise_reaches_the_agent() -> None:
    sent = sent_episode(start=(0.0, 0.0, 0.05, 0.05), world=(0.5, 9.8, 0.3))
    returns = same_world_returns(Balancing(), checked_episode(sent), count=5, seed=1)
    assert len(set(returns)) > 1


def test_usual_returns_depend_on_the_seed_alone() -> None:
    one, again, other = (usual_returns(Balancing(), 4, seed) for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    assert one.max() == other.max() == 500
