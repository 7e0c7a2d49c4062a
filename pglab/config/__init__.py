"""Hyperparameters: what a setting is, the agents' settings, and their form in links and tables."""

from pglab.config.agents import ActorCriticConfig, ReinforceConfig, RunConfig, settings_of
from pglab.config.links import AnyConfig, parse_config
from pglab.config.setting import (
    LONGEST_QUOTE,
    MAX_HIDDEN_LAYERS,
    SEEDS,
    ConfigError,
    Setting,
    format_value,
)
from pglab.config.texts import describe_differences, describe_settings, differences

__all__ = [
    "LONGEST_QUOTE",
    "MAX_HIDDEN_LAYERS",
    "SEEDS",
    "ActorCriticConfig",
    "AnyConfig",
    "ConfigError",
    "ReinforceConfig",
    "RunConfig",
    "Setting",
    "describe_differences",
    "describe_settings",
    "differences",
    "format_value",
    "parse_config",
    "settings_of",
]
