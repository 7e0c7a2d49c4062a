"""Writes the differences between two configurations, for links, tables and legends."""

from __future__ import annotations

from collections.abc import Mapping

from pglab.config.all_agents import RunConfig, settings_of
from pglab.config.setting import format_value


def differences(config: RunConfig, reference: RunConfig) -> dict[str, str]:
    """Return the names of the settings that differ, each with its value in `config` as text."""
    # The default `success_return` depends on the environment, so it is no difference of its own.
    expected = {
        **vars(reference),
        "success_return": reference.changed(env_id=config.env_id).success_return,
    }
    return {
        name: format_value(getattr(config, name))
        for name in settings_of(config)
        if getattr(config, name) != expected.get(name)
    }


def describe_differences(config: RunConfig, reference: RunConfig) -> str:
    """Write how `config` differs from `reference`, for example "γ 0.9, seed 3"."""
    return describe_settings(type(config), differences(config, reference))


def describe_settings(config_class: type[RunConfig], texts: Mapping[str, str]) -> str:
    """Write settings with their short names, for example "γ 0.9, seed 3"."""
    described = settings_of(config_class)
    return ", ".join(f"{described[name].name} {text}" for name, text in texts.items())
