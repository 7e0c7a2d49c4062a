"""Reads settings from text, for example from the text of a link."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from pglab.config.all_agents import RunConfig
from pglab.config.checking import checked, refusal
from pglab.config.numerals import decimal_number, whole_number
from pglab.config.refusals import default_is_used, unknown
from pglab.config.setting import NO_HIDDEN_LAYERS, ConfigError, type_of
from pglab.language import _

AnyConfig = TypeVar("AnyConfig", bound=RunConfig)


def parse_config(preset: AnyConfig, texts: Mapping[str, str]) -> tuple[AnyConfig, list[str]]:
    """Read settings from texts. If a text is invalid, the setting keeps its value in `preset`.

    Args:
        preset: the values of the settings that are not in `texts`.
        texts: maps the field name of a setting to its text.

    Returns:
        The configuration, and an error message for each problem.
    """
    fields = {field.name: field for field in dataclasses.fields(preset)}
    values: dict[str, Any] = {}
    problems = []
    for name, text in texts.items():
        if name not in fields:
            problems.append(unknown(name, fields))
            continue
        try:
            values[name] = checked(fields[name], _parsed(fields[name], text))
        except ConfigError as error:
            problems.append(default_is_used(error))
    while True:
        try:
            return preset.changed(**values), problems
        except ConfigError as error:  # two valid settings conflict
            problems.append(_("{problem} The defaults are used.").format(problem=error))
            kept = {name: value for name, value in values.items() if name not in error.names}
            # Leave out the values of the conflicting settings; if none is known, all values.
            values = kept if len(kept) < len(values) else {}


def require_config(preset: AnyConfig, texts: Mapping[str, str]) -> AnyConfig:
    """Read settings from texts, and refuse the first text that is invalid.

    Args:
        preset: the values of the settings that are not in `texts`.
        texts: maps the field name of a setting to its text.

    Raises:
        ConfigError: a setting is unknown, its value cannot be used, or two settings conflict.
    """
    fields = {field.name: field for field in dataclasses.fields(preset)}
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in fields:
            raise ConfigError(unknown(name, fields, ignored=False))
        values[name] = checked(fields[name], _parsed(fields[name], text))
    return preset.changed(**values)


def _parsed(field: dataclasses.Field[Any], text: str) -> Any:
    """Convert a text to the type of a field."""
    kind = type_of(field)
    try:
        if kind is bool:
            return {"on": True, "off": False}[text.lower()]
        if kind is int:
            return whole_number(text)
        if kind is float:
            return decimal_number(text)
        if kind is tuple:
            sizes = [] if text == NO_HIDDEN_LAYERS else text.split(",")
            return tuple(whole_number(size) for size in sizes)
    except (ValueError, KeyError):
        raise ConfigError(refusal(field, text)) from None
    return text
