"""The form with which the teacher lets everyone train, and the button that stops the training."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pglab.agent_places import place_at
from pglab.algorithms.agents import AgentConfig
from pglab.classroom.room.own_runs.training import let_train
from pglab.classroom.room.own_runs.training_plan import TrainingPlan, choosable, exact_value
from pglab.classroom.room.state import RoomError, RoomState
from pglab.config import Setting, format_value, settings_of
from pglab.language import _
from pglab.library.store.library import Library
from pglab.ui.controls.choices import place_of, settle
from pglab.ui.pages.room.shown import Change, Shown, config_of

CLASS_STEPS = 20_000  # of each member's run, unless the teacher chooses another number
MOST_STEPS = 100_000

_STEPS, _WHO, _SETTING, _LIMITS = (f"room_train_{name}" for name in ("steps", "who", "set", "at"))
_SEED, _CHOICE = "seed", "choice"


def training_controls(now: Shown, change: Change) -> None:
    """Draw the form that lets everyone train or, during training, the button that stops it."""
    config = config_of(now.step)
    if config is None or now.room.state.ended:
        return
    if now.trains:
        st.button(
            _("Stop training"),
            icon=":material/stop_circle:",
            key="room_stop_training",
            on_click=change(let_train, None),
            help=_("No more runs arrive. The runs that have arrived stay here and on the wall."),
        )
        return
    with st.popover(_("Everyone trains"), icon=":material/groups:", key="room_training"):
        place = place_at(now.step.page)
        assert place is not None  # because the page has the settings of an agent
        told = _(
            "Each student trains {agent}, with the settings of this step. Each phone gets a button "
            "that opens the student's own run. All curves appear here and on the wall."
        )
        st.markdown(told.format(agent=_(place.title)))
        _form(config, now.room.state.step, change)


def _form(config: AgentConfig, step: int, change: Change) -> None:
    """Draw the form. Each lesson step has its own controls, which keep their values."""
    _steps(config, f"{_STEPS}.{step}")
    offered = choosable(config)
    ways = {
        _SEED: _("has a seed of their own"),
        _CHOICE: _("has a seed of their own, and chooses one setting"),
    }
    who, chosen = f"{_WHO}.{step}", f"{_SETTING}.{step}"
    settle(who, ways, _SEED)
    way = st.radio(
        _("Each student"),
        list(ways),
        place_of(who, list(ways)),
        format_func=ways.__getitem__,
        key=who,
        persist_state="session",
    )
    if way == _CHOICE:
        settle(chosen, offered, "learning_rate")
        name = st.selectbox(
            _("The setting"),
            list(offered),
            place_of(chosen, list(offered)),
            format_func=lambda name: _(offered[name].label),
            key=chosen,
            persist_state="session",
        )
        _limits(config, name, offered[name], f"{_LIMITS}.{step}.{name}")
    st.button(
        _("Start"),
        icon=":material/play_arrow:",
        key="room_train",
        on_click=change(_let_chosen_train, config, step),
    )


def _steps(config: AgentConfig, key: str) -> None:
    """Draw the control for the number of environment steps."""
    total = settings_of(config)["total_steps"]
    assert total.minimum is not None
    st.number_input(
        _("Steps of each run"),
        int(total.minimum),
        MOST_STEPS,
        st.session_state.get(key, min(config.total_steps, CLASS_STEPS)),
        int(total.step),
        key=key,
        persist_state="session",
    )


def _limits(config: AgentConfig, name: str, setting: Setting, key: str) -> None:
    """Draw the control for the least and the greatest value that members may choose.

    The control offers the same values as the setting's slider.
    """
    label = _("Values to choose from")
    common: dict[str, Any] = {
        "key": key,
        "help": _("Runs with other values do not count."),
        "persist_state": "session",
    }
    if setting.stops:
        stops = sorted({*setting.stops, getattr(config, name)})
        ends = st.session_state.get(key, (stops[0], stops[-1]))
        st.select_slider(label, stops, value=ends, format_func=format_value, **common)
        return
    kind = type(getattr(config, name))
    low, high = kind(setting.minimum), kind(setting.maximum)
    ends = st.session_state.get(key, (low, high))
    st.slider(label, low, high, ends, kind(setting.step), **common)


def _let_chosen_train(
    library: Library, key: str, version: int, config: AgentConfig, step: int
) -> RoomState:
    """Let everyone train with the present choices in the form.

    Raises:
        RoomError: the choices contradict each other, or the room cannot do this now.
        LibraryUnavailable: the library cannot be used now.
    """
    return let_train(library, key, version, _chosen(config, step))


def _chosen(config: AgentConfig, step: int) -> TrainingPlan:
    chosen = st.session_state
    steps = int(chosen[f"{_STEPS}.{step}"])
    if chosen[f"{_WHO}.{step}"] == _SEED:
        return TrainingPlan(config, steps)
    name: str = chosen.get(f"{_SETTING}.{step}", "")
    limits = chosen.get(f"{_LIMITS}.{step}.{name}")
    if limits is None:  # a click that was faster than the control for them
        raise RoomError(_("Look at the values to choose from, then press Start again."))
    low, high = limits
    low, high = exact_value(config, name, low), exact_value(config, name, high)
    return TrainingPlan(config, steps, name, low, high)
