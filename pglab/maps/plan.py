"""The plan of a map: the settings that vary, their values, the seeds, and the number of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Protocol

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError, describe_settings, require_config, settings_of
from pglab.language import _
from pglab.maps.run_result import run_of_map
from pglab.session.run_differences import LENGTH_SETTINGS
from pglab.session.side_by_side.contrasts import applies

FEWEST_SEEDS, MOST_SEEDS = 3, 30
MOST_VALUES = 25  # of one axis
NOT_VARIED = ("seed", "env_id", "engine", *LENGTH_SETTINGS)

Cell = tuple[int, ...]  # the place of each axis' value


class Plan(Protocol):
    """A plan of runs that are trained together: each cell has one run for each seed."""

    @property
    def seeds(self) -> int:
        """The number of runs of each cell."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of cells along each axis."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells."""

    def config_of(self, cell: Cell, seed: int = 0) -> AgentConfig:
        """The settings of one run of a cell."""

    def runs(self) -> Iterator[tuple[Cell, int]]:
        """All pairs of a cell and a seed; the seeds count from 0."""


@dataclass(frozen=True)
class Axis:
    """One setting that varies, and its values in the order in which a map shows them."""

    setting: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class MapPlan:
    """All runs of a map. A cell is one combination of values, with one run for each seed."""

    config: AgentConfig
    axes: tuple[Axis, ...]
    seeds: int
    total_steps: int

    def __post_init__(self) -> None:
        """Check the plan.

        Raises:
            ConfigError: a value cannot be used, or a varied setting has no effect with the other
                settings.
        """
        _require(1 <= len(self.axes) <= 2, _("Choose one or two settings that vary."))
        names = [axis.setting for axis in self.axes]
        _require(len(set(names)) == len(names), _("Choose two different settings."))
        require_seeds(self.seeds)
        for axis in self.axes:
            _require_axis(self.config, axis)
        for cell in self.cells:
            self.config_of(cell)
        for axis in self.axes:
            self._require_effect(axis)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All cells; the value of the last axis changes fastest."""
        return tuple(product(*(range(len(axis.values)) for axis in self.axes)))

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values of each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    def settings_of_cell(self, cell: Cell) -> dict[str, Any]:
        """The settings that vary, with their values in a cell."""
        return {
            axis.setting: axis.values[place] for axis, place in zip(self.axes, cell, strict=True)
        }

    def config_of(self, cell: Cell, seed: int = 0) -> AgentConfig:
        """The settings of one run of a cell.

        Raises:
            ConfigError: the settings of this cell contradict each other.
        """
        config = self.config.changed(**self.settings_of_cell(cell))
        return run_of_map(config, seed, self.total_steps)

    def runs(self) -> Iterator[tuple[Cell, int]]:
        """All pairs of a cell and a seed; the seeds count from 0."""
        return product(self.cells, range(self.seeds))

    @property
    def steps(self) -> int:
        """The environment steps of all runs together."""
        return len(self.cells) * self.seeds * self.total_steps

    def cell_of(self, config: AgentConfig) -> Cell | None:
        """The cell that has the settings of `config`; None if the map has no such cell."""
        for cell in self.cells:
            if run_of_map(config, 0, self.total_steps) == self.config_of(cell):
                return cell
        return None

    def _require_effect(self, axis: Axis) -> None:
        """Raise an error if the setting of an axis has no effect in any cell."""
        if not any(applies(self.config_of(cell), axis.setting) for cell in self.cells):
            raise no_effect(self.config, axis.setting)


def plan_from_texts(
    config: AgentConfig, axes: Sequence[tuple[str, Sequence[str]]], seeds: int, total_steps: int
) -> MapPlan:
    """Make a plan from texts: the name of each varied setting, and its values as in a link.

    Raises:
        ConfigError: a text is not a possible value of its setting, or the plan cannot be used.
    """
    read = tuple(Axis(name, _values(config, name, texts)) for name, texts in axes)
    return MapPlan(config, read, seeds, total_steps)


def require_seeds(seeds: int) -> None:
    """Check a number of seeds.

    Raises:
        ConfigError: there are too few or too many seeds.
    """
    _require(
        FEWEST_SEEDS <= seeds <= MOST_SEEDS,
        _("Choose {low} to {high} seeds.").format(low=FEWEST_SEEDS, high=MOST_SEEDS),
    )


def no_effect(config: AgentConfig, name: str) -> ConfigError:
    """Make the error for a setting without effect.

    If the effect depends on another setting, the message names this setting.
    """
    setting = settings_of(config)[name]
    sentence = _("“{name}” has no effect with these settings.").format(name=_(setting.label))
    if setting.applies_when is not None:
        other, needed = setting.applies_when
        sentence += " " + _("It has an effect only if {needed}.").format(
            needed=describe_settings(type(config), {other: needed})
        )
    return ConfigError(sentence, name)


def varied_settings(config: AgentConfig) -> list[str]:
    """The names of the settings that a map can vary."""
    return [name for name in settings_of(config) if name not in NOT_VARIED]


def _values(config: AgentConfig, name: str, texts: Sequence[str]) -> tuple[Any, ...]:
    _require_varied(config, name)
    values = {getattr(require_config(config, {name: text}), name) for text in texts}
    choices = list(settings_of(config)[name].choices)
    return tuple(sorted(values, key=choices.index if choices else None))


def _require_axis(config: AgentConfig, axis: Axis) -> None:
    _require_varied(config, axis.setting)
    label = _(settings_of(config)[axis.setting].label)
    _require(
        2 <= len(axis.values) <= MOST_VALUES,
        _("Choose 2 to {most} values of “{name}”.").format(most=MOST_VALUES, name=label),
    )
    _require(
        len(axis.values) == len(set(axis.values)),
        _("Name each value of “{name}” only once.").format(name=label),
    )


def _require_varied(config: AgentConfig, name: str) -> None:
    if name not in varied_settings(config):
        raise ConfigError(
            _("A map cannot vary “{name}”. Choose one of: {known}.").format(
                name=name[:40], known=", ".join(varied_settings(config))
            )
        )


def _require(true: bool, sentence: str) -> None:
    if not true:
        raise ConfigError(sentence)
