"""The plan that the members of a room train: the same agent, with a different seed for each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pglab.algorithms.agents import AgentConfig
from pglab.classroom.room.state import RoomError
from pglab.config import SEEDS, ConfigError, Setting, settings_of
from pglab.language import _
from pglab.library.encoding import config_facts, config_from
from pglab.library.state.taking import StateError
from pglab.maps.plan import varied_settings
from pglab.maps.run_result import run_of_map
from pglab.session.side_by_side.contrasts import applies

# Settings of the measure of progress. No run of a class stops because it is solved.
_MEASURED = ("success_return", "eval_interval", "smoothing_window")


@dataclass(frozen=True)
class TrainingPlan:
    """A plan for the runs of all members, who may choose the value of one setting within limits.

    Raises:
        RoomError: the settings, the number of steps or the limits cannot be used.
    """

    config: AgentConfig  # its seed is the seed of the first member
    steps: int  # environment steps of each run; no run stops because it is solved
    setting: str | None = None  # which the members choose; None: they choose nothing
    low: float = 0.0  # limits of this setting
    high: float = 0.0

    def __post_init__(self) -> None:
        if self.setting is None:
            self.config_of(1)
            return
        if self.setting not in choosable(self.config):
            raise RoomError(_("Members cannot choose this setting. Choose another one."))
        if not self.low < self.high:
            raise RoomError(_("The lower limit must be less than the upper one. Change one."))
        for limit in (self.low, self.high):
            self.config_of(1, limit)

    def config_of(self, number: int, value: float | None = None) -> AgentConfig:
        """Return the settings of a member's run.

        Args:
            number: the number of the member. Member 1 has the first seed, and so on.
            value: the value of the setting that members choose; None if they choose nothing.

        Raises:
            RoomError: the value is outside the limits, or cannot be used.
        """
        try:
            seed = (self.config.seed + number - 1) % SEEDS
            config = run_of_map(self.config, seed, self.steps)
            return config if self.setting is None else config.changed(**self._chosen(value))
        except ConfigError as error:
            raise RoomError(str(error)) from error

    @property
    def first_value(self) -> float | None:
        """The value that a member has before choosing one; None if members choose nothing."""
        if self.setting is None:
            return None
        value: float = getattr(self.config, self.setting)
        return min(max(value, self.low), self.high)

    def _chosen(self, value: float | None) -> dict[str, Any]:
        """Return the chosen setting with its value."""
        if value is None or not self.low <= value <= self.high:
            name = settings_of(self.config)[self.setting or ""].name
            raise RoomError(
                _("Choose a value of “{name}” from {low:g} to {high:g}.").format(
                    name=name, low=self.low, high=self.high
                )
            )
        return {self.setting or "": exact_value(self.config, self.setting or "", value)}


def written_plan(plan: TrainingPlan) -> str:
    """Write a plan as JSON; equal plans give equal texts."""
    facts = {
        "config": config_facts(plan.config),
        "steps": plan.steps,
        "setting": plan.setting,
        "low": float(plan.low),
        "high": float(plan.high),
    }
    return json.dumps(facts, sort_keys=True)


def read_plan(text: str) -> TrainingPlan:
    """Read a plan that `written_plan` has written.

    Raises:
        RoomError: the plan is damaged, or another version of the app has written it.
    """
    try:
        facts = json.loads(text)
        return TrainingPlan(**{**facts, "config": config_from(facts["config"])})
    except (ConfigError, StateError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise RoomError(_("What the class trains cannot be read. Choose it again.")) from error


def choosable(config: AgentConfig) -> dict[str, Setting]:
    """Return the settings that members may choose: numbers that change how the runs learn."""
    described = settings_of(config)
    return {
        name: described[name]
        for name in varied_settings(config)
        if name not in _MEASURED
        and type(getattr(config, name)) in (int, float)
        and applies(config, name)
    }


def exact_value(config: AgentConfig, name: str, value: float) -> float:
    """Convert a value to the type of its setting, unless this would change the value."""
    is_whole = isinstance(getattr(config, name), int)
    return int(value) if is_whole and value == int(value) else value
