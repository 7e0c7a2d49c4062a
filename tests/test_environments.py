"""The app accepts only suitable environments, and its descriptions of them are true."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from gymnasium.spaces import Box

from pglab.config import ConfigError, ReinforceConfig
from pglab.environments import ENVIRONMENTS, make_environment, sizes
from pglab.session.history import RECENT_STEPS

EVERY_ENVIRONMENT = pytest.mark.parametrize("env_id", ENVIRONMENTS)


@EVERY_ENVIRONMENT
def test_descriptions_fit_the_spaces(env_id: str) -> None:
    info, environment = ENVIRONMENTS[env_id], make_environment(env_id)
    assert sizes(environment) == (len(info.axes), len(info.actions))
    x, y = info.heatmap_axes
    assert x != y
    assert {x, y} <= set(range(len(info.axes)))
    assert all(axis.label.startswith(axis.name) for axis in info.axes)


@EVERY_ENVIRONMENT
def test_ranges_are_those_of_the_observations(env_id: str) -> None:
    space = make_environment(env_id).observation_space
    assert isinstance(space, Box)
    for axis, low, high in zip(ENVIRONMENTS[env_id].axes, space.low, space.high, strict=True):
        assert axis.low < axis.high
        # The observation space of CartPole extends to twice the limits of an episode.
        if env_id == "CartPole-v1":
            low, high = low / 2, high / 2
        if np.isfinite(high) and high < 1e30:
            np.testing.assert_allclose([axis.low, axis.high], [low, high], rtol=0.01)


@EVERY_ENVIRONMENT
def test_returns_are_those_of_the_longest_episode(env_id: str) -> None:
    spec = make_environment(env_id).spec
    assert spec is not None
    assert spec.max_episode_steps is not None
    low, high = ENVIRONMENTS[env_id].return_range
    assert {low, high} == {0, spec.max_episode_steps * (1 if env_id == "CartPole-v1" else -1)}
    assert spec.max_episode_steps <= RECENT_STEPS


@EVERY_ENVIRONMENT
def test_the_return_that_counts_as_solved_is_the_environments_own(env_id: str) -> None:
    spec = make_environment(env_id).spec
    assert spec is not None
    seminar = {"CartPole-v1": 500.0}
    assert ReinforceConfig(env_id=env_id).success_return == seminar.get(
        env_id, spec.reward_threshold
    )


@pytest.mark.parametrize(
    ("env_id", "reason"),
    [
        ("NoSuchEnvironment-v0", "doesn't exist"),
        ("CartPole-v99", "v99"),
        ("", "Malformed"),
        ("not an id", "Malformed"),
        ("Pendulum-v1", "action space is not Discrete"),
        ("FrozenLake-v1", "observation is not a flat Box"),
        ("Blackjack-v1", "observation is not a flat Box"),
        ("..:CartPole-v1", "cannot be used"),
    ],
)
def test_others_are_refused_with_a_sentence(env_id: str, reason: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        make_environment(env_id)
    sentence = str(refusal.value)
    assert f"“{env_id}”" in sentence
    assert reason in sentence
    assert sentence.endswith("such as CartPole-v1, Acrobot-v1, MountainCar-v0.")


def test_a_name_from_the_address_bar_imports_no_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gymnasium itself would import the module that stands before the colon."""
    (tmp_path / "trap_for_gymnasium.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError):
        make_environment("trap_for_gymnasium:CartPole-v1")
    assert "trap_for_gymnasium" not in sys.modules
