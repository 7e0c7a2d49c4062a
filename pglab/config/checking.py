"""Whether a value can be used, and the sentence that refuses it."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from pglab.config.setting import (
    LONGEST_QUOTE,
    MAX_HIDDEN_LAYERS,
    NO_HIDDEN_LAYERS,
    ConfigError,
    Setting,
    format_value,
)
from pglab.language import _


def checked(field: dataclasses.Field[Any], value: Any) -> Any:
    """The value in the field's type, or a ConfigError that says what to change."""
    described: Setting = field.metadata["setting"]
    match field.default:
        case bool():
            valid = isinstance(value, bool)
        case int():
            valid = _is_integer(value) and _in_range(described, value)
            value = int(value) if valid else value
        case float():
            valid = _is_number(value) and _in_range(described, value)
            value = float(value) if valid else value
        case tuple():
            valid = _are_layer_sizes(described, value)
            value = tuple(int(size) for size in value) if valid else value
        case _:
            valid = isinstance(value, str) and (not described.choices or value in described.choices)
    if not valid:
        raise ConfigError(refusal(field, value))
    return value


def _are_layer_sizes(described: Setting, value: Any) -> bool:
    return (
        isinstance(value, (tuple, list))
        and len(value) <= MAX_HIDDEN_LAYERS
        and all(_is_integer(size) and _in_range(described, size) for size in value)
    )


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and int(value) == value


def _in_range(described: Setting, value: float) -> bool:
    low = -math.inf if described.minimum is None else described.minimum
    high = math.inf if described.maximum is None else described.maximum
    return low <= value <= high


def refusal(field: dataclasses.Field[Any], value: Any) -> str:
    """The sentence that refuses a value and says what to write instead."""
    described: Setting = field.metadata["setting"]
    text = value if isinstance(value, str) else format_value(value)
    given = _("{label} ({name}) cannot be “{value}”.").format(
        label=_(described.label),
        name=field.name,
        value=text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…",
    )
    match field.default:
        case bool():
            remedy = _("Write on or off.")
        case tuple():
            remedy = _(
                "Write at most {layers} widths from {low:g} to {high:g} separated by commas, "
                "such as 128,128, or “{none}” for no hidden layer."
            ).format(
                layers=MAX_HIDDEN_LAYERS,
                low=described.minimum,
                high=described.maximum,
                none=NO_HIDDEN_LAYERS,
            )
        case int():
            remedy = _("Choose a whole number from {low:,} to {high:,}.").format(
                low=int(described.minimum or 0), high=int(described.maximum or 0)
            )
        case float():
            remedy = _("Choose a number from {low:g} to {high:g}.").format(
                low=described.minimum, high=described.maximum
            )
        case _ if described.choices:
            remedy = _("Choose one of: {choices}.").format(choices=", ".join(described.choices))
        case _:
            remedy = _("Write a name.")
    return f"{given} {remedy}"
