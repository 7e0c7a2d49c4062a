"""Reads settings from the texts of links and files."""

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
    """Read settings from texts. If a text is invalid, the setting keeps its preset value.

    Args:
        preset: gives the settings that no text names.
        texts: the text of each setting, by field name.

    Returns:
        The configuration, and one error message for every text that was refused.
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
            # Drop the texts of the conflicting settings. If there are none, drop all texts.
            values = kept if len(kept) < len(values) else {}


def _parsed(field: dataclasses.Field[Any], text: str) -> Any:
    """Convert the text to the field's type."""
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
