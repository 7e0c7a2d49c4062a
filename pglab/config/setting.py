"""Defines a setting: a dataclass field with a default, a range, a label and a help text."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pglab.language import _

NO_HIDDEN_LAYERS = "none"
MAX_HIDDEN_LAYERS = 4
SEEDS = 2**31


class ConfigError(ValueError):
    """Raised if settings cannot be used. The message says what to change.

    `names` lists the settings that cause the error, if they are known.
    """

    def __init__(self, message: str, *names: str) -> None:
        super().__init__(message)
        self.names = names


@dataclass(frozen=True)
class Setting:
    """Describes one hyperparameter: its label, its help text and its valid values."""

    label: str
    help: str
    short: str = ""  # name in legends and tables; if it is empty, the label is the name
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1
    scale: Literal["linear", "log"] = "linear"
    stops: tuple[float, ...] = ()  # the values of a slider; links may contain other values
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)  # words for each choice
    changes_while_running: bool = False
    applies_when: tuple[str, str] | None = None  # another setting, and the value that it must have
    level: Literal["basic", "batch", "advanced"] = "advanced"

    @property
    def name(self) -> str:
        """The setting's short name, translated."""
        return _(self.short or self.label)


DECADES = (*(m * 10.0**e for e in range(-5, 0) for m in (1, 2, 5)), 1.0)
HORIZONS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)

_TYPES = {"bool": bool, "int": int, "float": float, "str": str, "tuple[int, ...]": tuple}


def powers_of_two(most: int) -> tuple[int, ...]:
    """The powers of two from 1 to `most`."""
    return tuple(2**n for n in range(most.bit_length()) if 2**n <= most)


def setting(default: Any, **description: Any) -> Any:
    """Make a dataclass field with a default, and store its `Setting` in the metadata."""
    return dataclasses.field(default=default, metadata={"setting": Setting(**description)})


def same_setting(config_class: type[Any], name: str, default: Any) -> Any:
    """Copy the field called `name` from `config_class`, and give the copy another default."""
    known = next(field for field in dataclasses.fields(config_class) if field.name == name)
    return dataclasses.field(default=default, metadata=known.metadata)


def type_of(field: dataclasses.Field[Any]) -> type:
    """The type of a setting's values, from the type annotation of the dataclass field."""
    return _TYPES[str(field.type)]


def format_value(value: Any) -> str:
    """Write a value as text for links and tables. `parse_config` can read this text."""
    if isinstance(value, tuple):
        return ",".join(str(size) for size in value) or NO_HIDDEN_LAYERS
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)
