"""Defines the settings (hyperparameters) of each agent, and converts settings from and to text."""

from pglab.config.actor_critic import ActorCriticConfig
from pglab.config.all_agents import RunConfig, settings_of, success_return_of
from pglab.config.differences import describe_differences, describe_settings, differences
from pglab.config.links import Link
from pglab.config.parsing import AnyConfig, parse_config, require_config
from pglab.config.refusals import LONGEST_QUOTE, quoted
from pglab.config.reinforce import ReinforceConfig
from pglab.config.setting import MAX_HIDDEN_LAYERS, SEEDS, ConfigError, Setting, format_value

__all__ = [
    "LONGEST_QUOTE",
    "MAX_HIDDEN_LAYERS",
    "SEEDS",
    "ActorCriticConfig",
    "AnyConfig",
    "ConfigError",
    "Link",
    "ReinforceConfig",
    "RunConfig",
    "Setting",
    "describe_differences",
    "describe_settings",
    "differences",
    "format_value",
    "parse_config",
    "quoted",
    "require_config",
    "settings_of",
    "success_return_of",
]
