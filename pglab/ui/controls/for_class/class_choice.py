"""The control with which each student of a class chooses the value of one setting."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pglab.classroom.room.own_runs.training_plan import TrainingPlan, exact_value
from pglab.config import Setting, format_value, settings_of
from pglab.language import _
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.set_by_code import set_value, value_of, widget_key


def choose_for_class(lab: Lab, number: int, plan: TrainingPlan) -> None:
    """Draw the control with which a member of a class chooses a value within the plan's limits.

    Args:
        lab: the page of the member's run.
        number: the number of the member.
        plan: what the class trains, with the setting whose value the members choose.
    """
    assert plan.setting is not None
    setting = settings_of(plan.config)[plan.setting]
    name = f"{lab.key}.class_choice"
    value = getattr(lab.bench.session.config, plan.setting)
    set_value(name, value)
    low, high = (exact_value(plan.config, plan.setting, end) for end in (plan.low, plan.high))
    _slider(
        setting,
        (low, high),
        value,
        label=_("{setting}: choose a value from {low} to {high}").format(
            setting=_(setting.label), low=format_value(low), high=format_value(high)
        ),
        key=widget_key(name),
        on_change=partial(_begin, lab, number, plan, name),
        help=_("Another value begins a new run. Your class keeps the runs that you have trained."),
    )


def _slider(setting: Setting, limits: tuple[float, float], value: float, **common: Any) -> None:
    """Draw a slider for the values within the limits. If `value` is outside, extend the slider."""
    low, high = limits
    if setting.stops:
        inside = [stop for stop in setting.stops if low <= stop <= high]
        stops = sorted({low, *inside, high, value})
        st.select_slider(options=stops, value=value, format_func=format_value, **common)
        return
    step = type(value)(setting.step)
    st.slider(
        min_value=min(low, value), max_value=max(high, value), value=value, step=step, **common
    )


def _begin(lab: Lab, number: int, plan: TrainingPlan, name: str) -> None:
    """Begin a new run with the chosen value."""
    setting, chosen = plan.setting or "", value_of(name)
    if not plan.low <= chosen <= plan.high:  # it was so in the link, and stays as it is
        return
    config = plan.config_of(number, chosen)
    with lab.bench.lock:
        lab.bench.reset()  # first, because some settings would change the run that trains
        lab.bench.use(config)
    set_value(f"{lab.key}.{setting}", chosen)
    lab.page_is_stale = True
