"""Checks the values of settings, and writes an error message for an invalid value."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from pglab.config.refusals import choose_one_of, choose_whole_number, quoted, refused
from pglab.config.setting import (
    MAX_HIDDEN_LAYERS,
    NO_HIDDEN_LAYERS,
    ConfigError,
    Setting,
    format_value,
    type_of,
)
from pglab.language import _


def checked(field: dataclasses.Field[Any], value: Any) -> Any:
    """Check a value and convert it to the type of its field.

    Raises:
        ConfigError: the value cannot be used; the message says what to change.
    """
    described: Setting = field.metadata["setting"]
    value = _pythons(value)
    kind = type_of(field)
    if kind is bool:
        valid = isinstance(value, bool)
    elif kind is int:
        valid = _is_integer(value) and _in_range(described, value)
    elif kind is float:
        valid = _is_number(value) and _in_range(described, value)
    elif kind is tuple:
        valid = _are_layer_sizes(described, value)
    else:
        valid = isinstance(value, str) and (not described.choices or value in described.choices)
    if not valid:
        raise ConfigError(refusal(field, value))
    return tuple(int(size) for size in value) if kind is tuple else kind(value)


def _pythons(value: Any) -> Any:
    """Convert NumPy numbers to Python numbers, also inside a tuple or a list."""
    if isinstance(value, (tuple, list)):
        return tuple(_pythons(element) for element in value)
    return value.item() if isinstance(value, np.generic) else value


def _are_layer_sizes(described: Setting, value: Any) -> bool:
    return (
        isinstance(value, tuple)
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
    """An error message that refuses a value and says which values are valid."""
    described: Setting = field.metadata["setting"]
    given = refused(_(described.label), field.name, quoted(_in_words(value)))
    kind = type_of(field)
    if kind is bool:
        remedy = _("Write “on” or “off”.")
    elif kind is tuple:
        remedy = _(
            "Write the widths of at most {layers} hidden layers, from {low:g} to {high:g}, with "
            "commas between them (such as 128,128), or write “{none}” for no hidden layer."
        ).format(
            layers=MAX_HIDDEN_LAYERS,
            low=described.minimum,
            high=described.maximum,
            none=NO_HIDDEN_LAYERS,
        )
    elif kind is int:
        remedy = choose_whole_number(int(described.minimum or 0), int(described.maximum or 0))
    elif kind is float:
        remedy = _("Choose a number from {low:g} to {high:g}.").format(
            low=described.minimum, high=described.maximum
        )
    elif described.choices:
        remedy = choose_one_of(described.choices)
    else:
        remedy = _("Write a name.")
    return f"{given} {remedy}"


def _in_words(value: Any) -> str:
    """Write a value as text. If Python refuses to write a long integer, describe the integer."""
    try:
        return format_value(value)
    except ValueError:
        return _("a number with thousands of digits")
