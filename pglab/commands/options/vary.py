"""Adds the option `--vary`, which names a setting that varies over a map, and its values."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError, format_value, settings_of
from pglab.language import _
from pglab.maps.plan import varied_settings
from pglab.maps.usual_values import usual_values

Vary = tuple[str, str | None]  # a setting, and the text of its values, if the user gives one


def add_vary(parser: argparse.ArgumentParser) -> None:
    """Add the option `--vary`."""
    parser.add_argument(
        "--vary",
        action="append",
        required=True,
        type=_vary,
        metavar="NAME[=VALUES]",
        help="a setting that varies, with values such as gamma=0.9,0.99; without values, it takes "
        "all choices or all stops of its slider. Write the option again for a second setting, or "
        "for more values: --vary hidden_sizes=8,8 --vary hidden_sizes=32,32",
    )


def axes_of(config: AgentConfig, varied: Sequence[Vary]) -> list[tuple[str, list[str]]]:
    """Return the settings that vary, each with the texts of its values.

    Raises:
        ConfigError: a setting has no usual values, so the user must name some.
    """
    axes: dict[str, list[str]] = {}
    for name, text in varied:
        axes.setdefault(name, []).extend(_texts(config, name, text))
    return list(axes.items())


def _vary(text: str) -> Vary:
    name, equals, values = text.partition("=")
    return name.strip(), values if equals else None


def _texts(config: AgentConfig, name: str, text: str | None) -> list[str]:
    if name not in varied_settings(config):
        return []  # the plan refuses this name
    if text is not None:
        # The widths of several layers have commas between them, so they are one value.
        return [text] if name == "hidden_sizes" else [part.strip() for part in text.split(",")]
    values = usual_values(config, name)
    if not values:
        raise ConfigError(
            _("“{label}” has no usual values. Name some, for example --vary {name}={some}.").format(
                label=_(settings_of(config)[name].label), name=name, some=_example(config, name)
            )
        )
    return [format_value(value) for value in values]


def _example(config: AgentConfig, name: str) -> str:
    setting = settings_of(config)[name]
    return f"{setting.minimum:g},{setting.maximum:g}"
