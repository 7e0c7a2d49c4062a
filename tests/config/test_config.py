"""The settings have descriptions, ranges of values, and texts."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from pglab.config import (
    ActorCriticConfig,
    ConfigError,
    ReinforceConfig,
    RunConfig,
    describe_differences,
    differences,
    format_value,
    parse_config,
    settings_of,
)
from pglab.config.choice_names import choice_name
from pglab.session.side_by_side import comparison

DEFAULTS = ReinforceConfig()
PRESETS: dict[str, RunConfig] = {
    "reinforce": DEFAULTS,
    "shared on-policy": ActorCriticConfig.shared_on_policy(),
    "split replay": ActorCriticConfig.split_replay(),
}
COMPARED: list[RunConfig] = [
    *{config: None for pair in comparison.PAIRS.values() for config in pair.configs},
    ActorCriticConfig(batch_size=1024, replay_capacity=32),
]
PAIRS = [(preset, name) for preset in PRESETS.values() for name in settings_of(preset)]
NUMBERS = [
    (preset, name)
    for preset, name in PAIRS
    if isinstance(getattr(preset, name), (int, float))
    and not isinstance(getattr(preset, name), bool)
]


def identified(value: Any) -> str:
    """Return the name of a test case."""
    return next((name for name, preset in PRESETS.items() if preset is value), str(value))


EVERY_PRESET = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
EVERY_SETTING = pytest.mark.parametrize(("preset", "name"), PAIRS, ids=identified)
EVERY_NUMBER = pytest.mark.parametrize(("preset", "name"), NUMBERS, ids=identified)


def assert_sentences(text: str) -> None:
    """Check that a text consists of whole sentences and contains no placeholder."""
    assert text[0].isupper()
    assert text.endswith((".", "?"))
    assert not set("{}\n") & set(text)
    assert ": ." not in text


def limits(preset: RunConfig, name: str) -> tuple[float, float]:
    """Return the least and the greatest value of a numeric setting."""
    described = settings_of(preset)[name]
    assert described.minimum is not None
    assert described.maximum is not None
    return described.minimum, described.maximum


# --- Descriptions


@EVERY_SETTING
def test_every_setting_is_described(preset: RunConfig, name: str) -> None:
    described = settings_of(preset)[name]
    assert described.label[0].isupper()
    assert described.name
    assert_sentences(described.help)
    assert described.step > 0
    if described.applies_when is not None:
        other, value = described.applies_when
        assert value in settings_of(preset)[other].choices


@EVERY_NUMBER
def test_every_number_has_a_range_with_its_default_inside(preset: RunConfig, name: str) -> None:
    low, high = limits(preset, name)
    described = settings_of(preset)[name]
    assert low < high
    assert low <= getattr(preset, name) <= high
    assert described.scale == "linear" or low > 0
    assert all(low <= stop <= high for stop in described.stops)


def test_a_choice_has_the_same_words_in_every_setting() -> None:
    words: dict[str, str] = {}
    for preset, name in PAIRS:
        for value, in_words in settings_of(preset)[name].choices.items():
            assert words.setdefault(value, in_words) == in_words
            assert choice_name(value) == in_words


@EVERY_PRESET
def test_no_two_settings_have_the_same_name(preset: RunConfig) -> None:
    names = [described.name for described in settings_of(preset).values()]
    assert len(set(names)) == len(names)


def test_the_defaults_are_the_seminars() -> None:
    seminar = {
        "env_id": "CartPole-v1",
        "hidden_sizes": (128, 128),
        "activation": "relu",
        "learning_rate": 1e-3,
        "gamma": 0.99,
        "total_steps": 200_000,
        "episodes_per_update": 1,
        "min_batch_steps": 64,
        "smoothing_window": 10,
        "success_return": 500.0,
        "baseline": "none",
        "return_form": "reward_to_go",
        "normalize_returns": False,
        "entropy_coefficient": 0.0,
    }
    assert {name: getattr(DEFAULTS, name) for name in seminar} == seminar


def test_the_actor_critic_presets_are_the_seminars() -> None:
    seminar = {
        "env_id": "CartPole-v1",
        "seed": 0,
        "hidden_sizes": (128, 128),
        "activation": "tanh",
        "gamma": 0.995,
        "total_steps": 200_000,
        "policy_signal": "advantage_max",
        "q_regularization": 0.1,
        "symexp_heads": False,
        "critic_only": False,
        "engine": "fast",
        "trained": "both",
        "eval_interval": 1_000,
        "smoothing_window": 10,
        "success_return": 500.0,
        "stop_when_solved": True,
        "replay_capacity": 50_000,
        "batch_size": 64,
        "critic_updates": 4,
        "critic_learning_rate": 2.5e-4,  # a shared body does not use this setting
        "value_loss_coefficient": 1.0,
        "stop_gradient": "none",
        "match_parameters": False,
        "entropy_coefficient": 0.0,
        "max_gradient_norm": 0.0,
    }
    shared = {"body": "shared", "critic_data": "on_policy", "learning_rate": 1e-3}
    split = {"body": "split", "critic_data": "replay", "learning_rate": 5e-4}
    for preset, own in (
        (ActorCriticConfig.shared_on_policy(), shared | {"rollout_steps": 1}),
        (ActorCriticConfig.split_replay(), split | {"rollout_steps": 16}),
    ):
        expected = seminar | own
        assert {name: getattr(preset, name) for name in expected} == expected
    assert ActorCriticConfig() == ActorCriticConfig.shared_on_policy()


def test_presets_take_other_settings() -> None:
    split = ActorCriticConfig.split_replay(learning_rate=0.1, seed=3)
    assert differences(split, ActorCriticConfig.split_replay()) == {
        "learning_rate": "0.1",
        "seed": "3",
    }
    shared = ActorCriticConfig.shared_on_policy(body="split")
    assert differences(shared, ActorCriticConfig()) == {"body": "split"}


def test_defaults_of_one_algorithm_are_not_those_of_another() -> None:
    assert (DEFAULTS.gamma, ActorCriticConfig().gamma) == (0.99, 0.995)
    assert (DEFAULTS.activation, ActorCriticConfig().activation) == ("relu", "tanh")
    assert settings_of(ReinforceConfig)["gamma"] == settings_of(ActorCriticConfig)["gamma"]


# --- Values


@EVERY_NUMBER
def test_ranges_hold_on_both_sides(preset: RunConfig, name: str) -> None:
    low, high = limits(preset, name)
    for inside in (low, high):
        # The smallest buffer must have enough room for this batch.
        room = {"replay_capacity": {"batch_size": 1}}.get(name, {})
        assert getattr(preset.changed(**{name: inside, **room}), name) == inside
    beyond = 1 if isinstance(getattr(preset, name), int) else 1e-9
    for outside in (low - beyond, high + beyond):
        with pytest.raises(ConfigError) as refusal:
            preset.changed(**{name: outside})
        assert_sentences(str(refusal.value))
        assert f"({name})" in str(refusal.value)


@EVERY_SETTING
def test_values_of_no_use_are_refused(preset: RunConfig, name: str) -> None:
    values = [math.nan, math.inf, -math.inf, None, b"", (0,), object, 10**5_000, (10**5_000,)]
    if name == "success_return":
        values.remove(None)  # None means the environment's own value
    for value in values:
        with pytest.raises(ConfigError) as refusal:
            preset.changed(**{name: value})
        assert_sentences(str(refusal.value))


def test_values_take_the_type_of_their_field() -> None:
    config = ReinforceConfig(gamma=1, seed=3.0, hidden_sizes=[64, 32.0])  # type: ignore[arg-type]
    assert repr((config.gamma, config.seed, config.hidden_sizes)) == "(1.0, 3, (64, 32))"
    assert config == ReinforceConfig(gamma=1.0, seed=3, hidden_sizes=(64, 32))
    for name in ("seed", "total_steps", "hidden_sizes", "gamma"):
        with pytest.raises(ConfigError):
            DEFAULTS.changed(**{name: True})
    with pytest.raises(ConfigError):
        ReinforceConfig(seed=2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", ["int8", "uint16", "int64", "float16", "float32", "float64"])
def test_numpys_numbers_are_stored_as_pythons(width: str) -> None:
    config = ReinforceConfig(
        seed=np.dtype(width).type(3),
        gamma=np.dtype(width).type(1),
        hidden_sizes=(np.dtype(width).type(64),),
        stop_when_solved=np.bool_(False),  # type: ignore[arg-type]
        baseline=np.str_("mean"),
    )
    assert config == ReinforceConfig(
        seed=3, gamma=1.0, hidden_sizes=(64,), stop_when_solved=False, baseline="mean"
    )
    stored = (config.seed, config.gamma, config.hidden_sizes[0], config.stop_when_solved)
    assert [type(value) for value in stored] == [int, float, int, bool]
    assert type(config.baseline) is str
    assert DEFAULTS.changed(gamma=np.float32(0.9)).gamma == pytest.approx(0.9)


@pytest.mark.parametrize("value", [np.bool_(True), np.float32("nan"), np.int64(-1), "0.5"])
def test_numpy_makes_no_number_of_what_is_none(value: Any) -> None:
    for name in ("seed", "gamma"):
        with pytest.raises(ConfigError, match=name):
            DEFAULTS.changed(**{name: value})
    with pytest.raises(ConfigError):
        DEFAULTS.changed(stop_when_solved=np.int64(1))


@pytest.mark.parametrize("sizes", [(0,), (-1,), (513,), (1, 1, 1, 1, 1), (2.5,), ("8",), 128])
def test_absurd_layers(sizes: Any) -> None:
    with pytest.raises(ConfigError, match="hidden_sizes"):
        ReinforceConfig(hidden_sizes=sizes)


def test_changed_copies_are_checked() -> None:
    assert DEFAULTS.changed(gamma=0.5) == ReinforceConfig(gamma=0.5)
    assert DEFAULTS.gamma == 0.99
    with pytest.raises(ConfigError, match="gamma"):
        DEFAULTS.changed(gamma=2.0)


def test_a_batch_must_fit_into_the_buffer_where_there_is_one() -> None:
    for body in ("shared", "split"):
        ActorCriticConfig(body=body, batch_size=65, replay_capacity=64)
        ActorCriticConfig(body=body, critic_data="replay", batch_size=64, replay_capacity=64)
        with pytest.raises(ConfigError, match="a batch of 65") as refusal:
            ActorCriticConfig(body=body, critic_data="replay", batch_size=65, replay_capacity=64)
        assert_sentences(str(refusal.value))
        assert refusal.value.names == ("batch_size", "replay_capacity")
    with pytest.raises(ConfigError, match="1,024"):
        ActorCriticConfig.split_replay(replay_capacity=100).changed(batch_size=1024)


# --- Texts


OTHER_VALUES: dict[str, list[Any]] = {
    "hidden_sizes": [(), (1,), (512, 1, 2, 3)],
    "env_id": ["Acrobot-v1"],
}


def other_values(preset: RunConfig, name: str) -> list[Any]:
    """Return values of a setting that are not its default."""
    default = getattr(preset, name)
    if name in OTHER_VALUES:
        return OTHER_VALUES[name]
    if isinstance(default, bool):
        return [not default]
    if choices := settings_of(preset)[name].choices:
        return list(choices)
    low, high = limits(preset, name)
    middle = low + (high - low) / 3  # this number has many digits
    return [low, high, type(default)(middle)]


@EVERY_SETTING
def test_texts_round_trip(preset: RunConfig, name: str) -> None:
    if name == "replay_capacity":
        preset = preset.changed(batch_size=1)
    for value in [getattr(preset, name), *other_values(preset, name)]:
        config = preset.changed(**{name: value})
        assert parse_config(preset, {name: format_value(value)}) == (config, [])


def test_different_values_have_different_texts() -> None:
    assert format_value(0.9999999) != format_value(1.0)


@EVERY_PRESET
def test_a_whole_configuration_round_trips(preset: RunConfig) -> None:
    names = settings_of(preset)
    config = preset.changed(**{name: other_values(preset, name)[-1] for name in names})
    texts = differences(config, preset)
    assert len(texts) > len(names) / 2
    assert parse_config(preset, texts) == (config, [])


def test_what_no_text_speaks_of_stays_as_in_the_preset() -> None:
    preset = ActorCriticConfig.split_replay(seed=4)
    assert parse_config(preset, {}) == (preset, [])
    config, problems = parse_config(preset, {"gamma": "0.5", "learning_rate": "fast"})
    assert config == preset.changed(gamma=0.5)
    assert len(problems) == 1


def test_texts_that_do_not_go_together_keep_the_rest() -> None:
    preset = ActorCriticConfig.split_replay()
    texts = {"batch_size": "512", "replay_capacity": "100", "gamma": "0.5"}
    config, problems = parse_config(preset, texts)
    assert config == preset.changed(gamma=0.5)
    assert len(problems) == 1
    assert_sentences(problems[0])
    assert "defaults are used" in problems[0]
    shared = ActorCriticConfig()
    assert parse_config(shared, texts)[1] == []
    _config, problems = parse_config(shared, {**texts, "critic_data": "replay"})
    assert len(problems) == 1


@pytest.mark.parametrize("preset", COMPARED)
def test_no_link_to_batch_buffer_and_data_can_raise(preset: RunConfig) -> None:
    """No link raises an error, even if its value conflicts with a value of the preset."""
    values = {
        "batch_size": ("", "1", "16", "64", "1024"),
        "replay_capacity": ("", "1", "32", "64", "200000"),
        "critic_data": ("", "on_policy", "replay"),
    }
    for chosen in itertools.product(*values.values()):
        linked = {name: text for name, text in zip(values, chosen, strict=True) if text}
        config, problems = parse_config(preset, linked)
        unused = [n for n, text in linked.items() if format_value(getattr(config, n, "")) != text]
        assert bool(problems) == bool(unused)
        for problem in problems:
            assert_sentences(problem)


def test_a_link_at_odds_with_what_the_preset_did_not_use_gets_a_sentence() -> None:
    preset = ActorCriticConfig(batch_size=64, replay_capacity=32)
    config, problems = parse_config(preset, {"critic_data": "replay"})
    assert config == preset
    assert len(problems) == 1
    assert "can never hold a batch of 64" in problems[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *[
            ("hidden_sizes", text)
            for text in (",", "0", "-64", "64,,64", "128x128", "9999", "1,1,1,1,1")
        ],
        *[("gamma", text) for text in ("-0.1", "1.01", "0,9", "٠٫٥x")],
        *[("seed", text) for text in ("-1", "1.5", "2147483648", "1e3")],
        ("total_steps", "1e12"),
        ("activation", "sigmoid"),
        ("stop_when_solved", "maybe"),
    ],
)
def test_a_bad_text_keeps_the_default_and_says_why(name: str, text: str) -> None:
    config, problems = parse_config(DEFAULTS, {name: text, "min_batch_steps": "128"})
    assert config == ReinforceConfig(min_batch_steps=128)
    assert len(problems) == 1
    assert_sentences(problems[0])
    assert f"({name})" in problems[0]
    assert "default" in problems[0]


def test_every_bad_text_has_its_own_sentence() -> None:
    texts = {"gamma": "2", "seed": "x", "lerning_rate": "0.1", "total_steps": "5000"}
    config, problems = parse_config(DEFAULTS, texts)
    assert config == ReinforceConfig(total_steps=5000)
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("lerning_rate", "learning_rate"), ("Gamma", "gamma"), ("qqqq", None), ("", None)],
)
def test_an_unknown_name_is_reported(name: str, suggestion: str | None) -> None:
    config, (problem,) = parse_config(DEFAULTS, {name: "1"})
    assert config == DEFAULTS
    assert_sentences(problem)
    assert ("Did you mean" in problem) is (suggestion is not None)
    assert (suggestion or "") in problem


# --- Differences


def test_describe_differences() -> None:
    assert describe_differences(DEFAULTS, DEFAULTS) == ""
    config = ReinforceConfig(gamma=0.9, hidden_sizes=(), seed=3, normalize_returns=True)
    expected = "γ 0.9, layers none, seed 3, normalise on"
    assert describe_differences(config, DEFAULTS) == expected
    assert differences(config, DEFAULTS.changed(gamma=0.9, seed=3)) == {
        "hidden_sizes": "none",
        "normalize_returns": "on",
    }
