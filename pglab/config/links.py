"""Reading settings from links and files."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pglab.config.agents import RunConfig
from pglab.config.checking import checked, refusal
from pglab.config.setting import NO_HIDDEN_LAYERS, ConfigError
from pglab.language import _

AnyConfig = TypeVar("AnyConfig", bound=RunConfig)


def parse_config(preset: AnyConfig, texts: Mapping[str, str]) -> tuple[AnyConfig, list[str]]:
    """Settings from texts such as an address bar's; what cannot be used stays as in the preset.

    Returns:
        The configuration, and one sentence for every text that was refused.
    """
    fields = {field.name: field for field in dataclasses.fields(preset)}
    values: dict[str, Any] = {}
    problems = []
    for name, text in texts.items():
        if name not in fields:
            problems.append(_unknown_setting(name, list(fields)))
            continue
        try:
            values[name] = checked(fields[name], _parsed(fields[name], text))
        except ConfigError as error:
            problems.append(_("{problem} The default is used.").format(problem=error))
    while True:
        try:
            return preset.changed(**values), problems
        except ConfigError as error:  # of settings that do not go together
            problems.append(_("{problem} The defaults are used.").format(problem=error))
            kept = {name: value for name, value in values.items() if name not in error.names}
            # Where none of them was linked, another linked one is at odds with the preset's.
            values = kept if len(kept) < len(values) else {}


def _unknown_setting(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = _(" Did you mean “{name}”?").format(name=close[0]) if close else ""
    return _("There is no setting “{name}”; it is ignored.").format(name=name) + hint


def _parsed(field: dataclasses.Field[Any], text: str) -> Any:
    """The text as the type of the field's default, which is the field's type."""
    try:
        match field.default:
            case bool():
                return {"on": True, "off": False}[text.lower()]
            case int():
                return int(text)
            case float():
                return float(text)
            case tuple():
                sizes = [] if text == NO_HIDDEN_LAYERS else text.split(",")
                return tuple(int(size) for size in sizes)
            case _:
                return text
    except (ValueError, KeyError):
        raise ConfigError(refusal(field, text)) from None
