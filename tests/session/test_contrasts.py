"""Describes agents in words: their differences, their common settings, and their names."""

from __future__ import annotations

import pytest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.session.side_by_side.comparison import PAIRS, pair_of
from pglab.session.side_by_side.contrasts import (
    differences_between,
    held_fixed,
    names_of,
    same_agent,
)
from tests.session.test_comparison import AGENTS, SPLIT

REINFORCE = ReinforceConfig()


@pytest.mark.parametrize("name", ["body", "data", "frequency", "gamma", "learning_rate"])
def test_a_pair_that_says_only_differs_in_one_thing(name: str) -> None:
    assert len(differences_between(PAIRS[name].configs)) == 1
    assert pair_of(PAIRS[name].configs) == name


def test_the_seminars_agents_differ_in_seven_things() -> None:
    found = {d.label: d.values for d in differences_between(PAIRS["seminar"].configs)}
    assert found == {
        "Learning rate α": ("0.001", "0.0005"),
        "Body": ("shared", "split"),
        "Critic learns from": ("on_policy", "replay"),
        "Steps per update": ("1", "16"),
        "Learning rate of the critic": ("0.001", "0.00025"),
        "Critic batch": ("1", "64"),
        "Critic steps per update": ("1", "4"),
    }


def test_a_rate_that_one_optimiser_hides_counts_as_what_it_is() -> None:
    labels = [d.label for d in differences_between([ActorCriticConfig(), SPLIT])]
    assert labels == ["Body", "Learning rate of the critic"]
    same_rate = SPLIT.changed(critic_learning_rate=1e-3)
    assert [d.label for d in differences_between([ActorCriticConfig(), same_rate])] == ["Body"]


def test_the_cells_are_four_and_differ_in_what_replay_brings_along() -> None:
    configs = PAIRS["cells"].configs
    labels = [found.label for found in differences_between(configs)]
    assert labels == ["Body", "Critic learns from", "Critic batch", "Critic steps per update"]
    assert len({(c.body, c.critic_data) for c in configs}) == 4  # type: ignore[union-attr]


def test_settings_without_effect_and_seeds_are_no_difference() -> None:
    one, other = ActorCriticConfig(), ActorCriticConfig(batch_size=32, seed=3)
    assert differences_between([one, other]) == []
    with_replay = [config.changed(critic_data="replay") for config in (one, other)]
    assert [found.values for found in differences_between(with_replay)] == [("64", "32")]


def test_another_algorithm_is_named_first() -> None:
    found = differences_between(AGENTS)[0]
    assert (found.label, found.values) == ("algorithm", ("REINFORCE", "actor-critic"))


@pytest.mark.parametrize(
    ("pair", "names"),
    [
        ("seminar", ("shared body", "split bodies")),
        ("body", ("shared", "split")),
        ("data", ("on-policy", "replay")),
        ("frequency", ("steps/update 1", "steps/update 16")),
        ("gamma", ("γ 0.99", "γ 0.9")),
        ("learning_rate", ("α 0.001", "α 0.01")),
        ("cells", ("shared, on-policy", "shared, replay", "split, on-policy", "split, replay")),
    ],
)
def test_a_ready_made_side_is_named_by_what_differs(pair: str, names: tuple[str, ...]) -> None:
    assert names_of(PAIRS[pair].configs) == names


@pytest.mark.parametrize(
    ("configs", "names"),
    [
        ((REINFORCE, REINFORCE), ("REINFORCE (A)", "REINFORCE (B)")),
        ((REINFORCE, REINFORCE.changed(seed=3)), ("REINFORCE (A)", "REINFORCE (B)")),
        ((REINFORCE, ActorCriticConfig(gamma=0.9)), ("REINFORCE", "actor-critic")),
        ((REINFORCE, ActorCriticConfig.split_replay()), ("REINFORCE", "split bodies")),
        ((REINFORCE, REINFORCE.changed(env_id="Acrobot-v1")), ("CartPole-v1", "Acrobot-v1")),
        ((REINFORCE, REINFORCE.changed(normalize_returns=True)), ("normalise off", "normalise on")),
        (
            (REINFORCE, REINFORCE.changed(gamma=0.9, learning_rate=0.01)),
            ("γ 0.99, α 0.001", "γ 0.9, α 0.01"),
        ),
        (
            (REINFORCE, REINFORCE.changed(gamma=0.9, learning_rate=0.01, hidden_sizes=())),
            ("γ 0.99, α 0.001 …", "γ 0.9, α 0.01 …"),
        ),
        (  # the body decides the critic's learning rate, so only the body is named
            (ActorCriticConfig(gamma=0.9), SPLIT),
            ("shared, γ 0.9", "split, γ 0.995"),
        ),
    ],
)
def test_other_sides_are_named_by_at_most_two_differences(
    configs: tuple[AgentConfig, ...], names: tuple[str, ...]
) -> None:
    assert names_of(configs) == names


@pytest.mark.parametrize("pair", PAIRS)
def test_what_is_held_fixed_does_not_differ(pair: str) -> None:
    configs = PAIRS[pair].configs
    held = held_fixed(configs).split(", ")
    for found in differences_between(configs):
        assert not set(found.short) & set(held)
    assert "CartPole-v1" in held


def test_held_fixed_are_the_values_that_both_sides_have() -> None:
    assert held_fixed(PAIRS["body"].configs) == (
        "actor-critic, CartPole-v1, on-policy (the critic learns from the steps just taken), "
        "α 0.0005, steps/update 16, Q(s, a) − max Q, γ 0.995, layers 128,128"
    )
    other = REINFORCE.changed(env_id="Acrobot-v1", gamma=0.9)
    assert held_fixed([REINFORCE, other]) == "REINFORCE, α 0.001, baseline none, layers 128,128"


def test_the_same_agent_may_have_another_seed_and_unused_settings() -> None:
    assert same_agent(ActorCriticConfig(), ActorCriticConfig(seed=5, batch_size=8))
    assert not same_agent(ActorCriticConfig(), ActorCriticConfig(gamma=0.9))
    assert not same_agent(ActorCriticConfig(), REINFORCE)
