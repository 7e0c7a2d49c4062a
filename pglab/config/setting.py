"""What a setting is: a field with its default, range, scale, label and help."""

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
    """Settings that cannot be used, `names` if they are known; the message says what to change."""

    def __init__(self, message: str, *names: str) -> None:
        """The sentence, and the fields that it is about."""
        super().__init__(message)
        self.names = names


@dataclass(frozen=True)
class Setting:
    """What the interface and the validation need to know about one hyperparameter."""

    label: str
    help: str
    short: str = ""  # name in legends and tables; the label if empty
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1
    scale: Literal["linear", "log"] = "linear"
    stops: tuple[float, ...] = ()  # of a slider; other values are valid in links
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)  # value: its words
    changes_while_running: bool = False
    applies_when: tuple[str, str] | None = None  # only if another setting has this value
    level: Literal["basic", "batch", "advanced"] = "advanced"

    @property
    def name(self) -> str:
        """Short translated name."""
        return _(self.short or self.label)


DECADES = (*(m * 10.0**e for e in range(-5, 0) for m in (1, 2, 5)), 1.0)
HORIZONS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)

_TYPES = {"bool": bool, "int": int, "float": float, "str": str, "tuple[int, ...]": tuple}


def powers_of_two(most: int) -> tuple[int, ...]:
    """1, 2, 4 … up to `most`."""
    return tuple(2**n for n in range(most.bit_length()) if 2**n <= most)


def setting(default: Any, **description: Any) -> Any:
    """A dataclass field with a default and its `Setting`."""
    return dataclasses.field(default=default, metadata={"setting": Setting(**description)})


def same_setting(config_class: type[Any], name: str, default: Any) -> Any:
    """A field as another class has it, with another default."""
    known = next(field for field in dataclasses.fields(config_class) if field.name == name)
    return dataclasses.field(default=default, metadata=known.metadata)


def type_of(field: dataclasses.Field[Any]) -> type:
    """The type that a setting's values have: its annotation, which is stored as text."""
    return _TYPES[str(field.type)]


def format_value(value: Any) -> str:
    """A setting as text, the inverse of parsing: for the address bar and for tables."""
    if isinstance(value, tuple):
        return ",".join(str(size) for size in value) or NO_HIDDEN_LAYERS
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)
