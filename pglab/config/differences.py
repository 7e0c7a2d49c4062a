"""Writes the differences between two configurations as text, for links, tables and legends."""

from __future__ import annotations

from collections.abc import Mapping

from pglab.config.all_agents import RunConfig, settings_of
from pglab.config.setting import format_value


def differences(config: RunConfig, reference: RunConfig) -> dict[str, str]:
    """Find the settings in which `config` differs from `reference`.

    The result maps the name of each setting that differs to its value in `config`, as text.
    """
    # Each environment has its own default of `success_return`. Two defaults count as equal.
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
    """Join the short names and the texts of settings, for example "γ 0.9, seed 3"."""
    described = settings_of(config_class)
    return ", ".join(f"{described[name].name} {text}" for name, text in texts.items())
