"""Settings: descriptions, ranges, texts."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pglab.config import (
    ConfigError,
    ReinforceConfig,
    describe_differences,
    differences,
    format_value,
    parse_config,
    settings_of,
)

DEFAULTS = ReinforceConfig()
SETTINGS = settings_of(ReinforceConfig)
NUMBERS = [
    name
    for name in SETTINGS
    if isinstance(getattr(DEFAULTS, name), (int, float))
    and not isinstance(getattr(DEFAULTS, name), bool)
]
EVERY_SETTING = pytest.mark.parametrize("name", SETTINGS)
EVERY_NUMBER = pytest.mark.parametrize("name", NUMBERS)


def assert_sentences(text: str) -> None:
    """Prose that a visitor can be shown, with nothing left to fill in."""
    assert text[0].isupper()
    assert text.endswith((".", "?"))
    assert not set("{}\n") & set(text)
    assert ": ." not in text


def with_setting(name: str, value: Any) -> ReinforceConfig:
    """The defaults with one setting replaced."""
    return ReinforceConfig(**{name: value})


def limits(name: str) -> tuple[float, float]:
    """The range of a number."""
    low, high = SETTINGS[name].minimum, SETTINGS[name].maximum
    assert low is not None
    assert high is not None
    return low, high


# --- Descriptions


@EVERY_SETTING
def test_every_setting_is_described(name: str) -> None:
    described = SETTINGS[name]
    assert described.label[0].isupper()
    assert described.name
    assert_sentences(described.help)
    assert described.step > 0


@EVERY_NUMBER
def test_every_number_has_a_range_with_its_default_inside(name: str) -> None:
    low, high = limits(name)
    assert low < high
    assert low <= getattr(DEFAULTS, name) <= high
    assert SETTINGS[name].scale == "linear" or low > 0


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


# --- Values


@EVERY_NUMBER
def test_ranges_hold_on_both_sides(name: str) -> None:
    low, high = limits(name)
    for inside in (low, high):
        assert getattr(with_setting(name, inside), name) == inside
    beyond = 1 if isinstance(getattr(DEFAULTS, name), int) else 1e-9
    for outside in (low - beyond, high + beyond):
        with pytest.raises(ConfigError) as refusal:
            with_setting(name, outside)
        assert_sentences(str(refusal.value))
        assert f"({name})" in str(refusal.value)


@EVERY_SETTING
def test_values_of_no_use_are_refused(name: str) -> None:
    for value in (math.nan, math.inf, -math.inf, None, b"", (0,), object):
        with pytest.raises(ConfigError) as refusal:
            with_setting(name, value)
        assert_sentences(str(refusal.value))


def test_values_take_the_type_of_their_field() -> None:
    config = ReinforceConfig(gamma=1, seed=3.0, hidden_sizes=[64, 32.0])  # type: ignore[arg-type]
    assert repr((config.gamma, config.seed, config.hidden_sizes)) == "(1.0, 3, (64, 32))"
    assert config == ReinforceConfig(gamma=1.0, seed=3, hidden_sizes=(64, 32))
    for name in ("seed", "total_steps", "hidden_sizes", "gamma"):
        with pytest.raises(ConfigError):
            with_setting(name, True)
    with pytest.raises(ConfigError):
        ReinforceConfig(seed=2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("sizes", [(0,), (-1,), (513,), (1, 1, 1, 1, 1), (2.5,), ("8",), 128])
def test_absurd_layers(sizes: Any) -> None:
    with pytest.raises(ConfigError, match="hidden_sizes"):
        ReinforceConfig(hidden_sizes=sizes)


def test_changed_copies_are_checked() -> None:
    assert DEFAULTS.changed(gamma=0.5) == ReinforceConfig(gamma=0.5)
    assert DEFAULTS.gamma == 0.99
    with pytest.raises(ConfigError, match="gamma"):
        DEFAULTS.changed(gamma=2.0)


# --- Texts


OTHER_VALUES: dict[str, list[Any]] = {
    "hidden_sizes": [(), (1,), (512, 1, 2, 3)],
    "env_id": ["Acrobot-v1"],
}


def other_values(name: str) -> list[Any]:
    """Values of a setting besides its default."""
    default = getattr(DEFAULTS, name)
    if name in OTHER_VALUES:
        return OTHER_VALUES[name]
    if isinstance(default, bool):
        return [not default]
    if SETTINGS[name].choices:
        return list(SETTINGS[name].choices)
    low, high = limits(name)
    middle = low + (high - low) / 3  # a number of many digits
    return [low, high, type(default)(middle)]


@EVERY_SETTING
def test_texts_round_trip(name: str) -> None:
    for value in [getattr(DEFAULTS, name), *other_values(name)]:
        config = with_setting(name, value)
        assert parse_config(ReinforceConfig, {name: format_value(value)}) == (config, [])


def test_different_values_have_different_texts() -> None:
    assert format_value(0.9999999) != format_value(1.0)


def test_a_whole_configuration_round_trips() -> None:
    config = ReinforceConfig(**{name: other_values(name)[-1] for name in SETTINGS})
    texts = differences(config, DEFAULTS)
    assert len(texts) > len(SETTINGS) / 2
    assert parse_config(ReinforceConfig, texts) == (config, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *[("hidden_sizes", text) for text in ("", "0", "128,,128", "9999", "1,1,1,1,1", "abc")],
        *[("gamma", text) for text in ("nan", "inf", "-0.1", "1.01", "", "0,9", "1e400")],
        *[("seed", text) for text in ("-1", "1.5", "2147483648", "1e3", "nan")],
        ("activation", "sigmoid"),
        ("stop_when_solved", "maybe"),
        pytest.param("seed", "9" * 400, id="seed-400 digits"),
        pytest.param("seed", "9" * 5000, id="seed-5000 digits"),
        pytest.param("hidden_sizes", "9" * 400, id="hidden_sizes-400 digits"),
    ],
)
def test_a_bad_text_keeps_the_default_and_says_why(name: str, text: str) -> None:
    config, problems = parse_config(ReinforceConfig, {name: text, "min_batch_steps": "128"})
    assert config == ReinforceConfig(min_batch_steps=128)
    assert len(problems) == 1
    assert_sentences(problems[0])
    assert f"({name})" in problems[0]
    assert "default" in problems[0]


def test_every_bad_text_has_its_own_sentence() -> None:
    texts = {"gamma": "2", "seed": "x", "lerning_rate": "0.1", "total_steps": "5000"}
    config, problems = parse_config(ReinforceConfig, texts)
    assert config == ReinforceConfig(total_steps=5000)
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("lerning_rate", "learning_rate"), ("Gamma", "gamma"), ("qqqq", None), ("", None)],
)
def test_an_unknown_name_is_reported(name: str, suggestion: str | None) -> None:
    config, (problem,) = parse_config(ReinforceConfig, {name: "1"})
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
