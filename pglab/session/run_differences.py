"""Differences between the settings of two runs, including settings that changed in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from pglab.config import RunConfig, describe_settings, format_value, settings_of
from pglab.language import _
from pglab.session.history import Change

# These settings decide when a run ends, but they do not change the learning curve.
LENGTH_SETTINGS = ("total_steps", "stop_when_solved")


@dataclass(frozen=True)
class Course:
    """The settings of a run: the initial settings, and the changes during training."""

    config: RunConfig
    changes: Sequence[Change]

    def at(self, step: float) -> dict[str, Any]:
        """A dictionary of the settings that apply after `step` environment steps."""
        values = {name: getattr(self.config, name) for name in settings_of(self.config)}
        for change in self.changes:
            if change.global_step <= step:
                values |= change.settings
        return values


def differences_in_words(past: Course, present: Course, until: float) -> list[str]:
    """Describe the settings of `past` that differ from `present`.

    The result is a list such as ["γ 0.9", "α 0.01 from step 1,200"]. The runs are compared up to
    step `until`. A setting is listed only if it has an effect in at least one of the two runs.
    """
    changed = {c.global_step for c in (*past.changes, *present.changes)}
    bounds = [0, *sorted(step for step in changed if 0 < step < until), until]
    told = []
    for name in settings_of(past.config):
        if name in LENGTH_SETTINGS:
            continue
        stretches = [
            (_differing(past, present, name, begin), begin, end) for begin, end in pairwise(bounds)
        ]
        for value, group in groupby(stretches, key=lambda stretch: stretch[0]):
            together = list(group)
            if value is not None:
                text = describe_settings(type(past.config), {name: value})
                told.append(text + _when(together[0][1], together[-1][2], until))
    return told


def _differing(past: Course, present: Course, name: str, step: float) -> str | None:
    """The value of a setting in the past run at a step, as text.

    The result is None if both runs have the same value for this setting, or if the setting affects
    neither of the runs.
    """
    here, there = past.at(step), present.at(step)
    condition = settings_of(past.config)[name].applies_when
    if condition is not None:
        other, needed = condition
        if needed not in (here.get(other), there.get(other)):
            return None
    return None if here[name] == there.get(name) else format_value(here[name])


def _when(begin: float, end: float, until: float) -> str:
    """Write the steps from `begin` to `end` as text; empty if they go from 0 to `until`."""
    if begin == 0 and end == until:
        return ""
    if end == until:
        return _(" from step {begin:,}").format(begin=begin)
    if begin == 0:
        return _(" to step {end:,}").format(end=end)
    return _(" from step {begin:,} to {end:,}").format(begin=begin, end=end)
