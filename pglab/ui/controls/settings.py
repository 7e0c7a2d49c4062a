"""The controls for the hyperparameters. A link or the visitor sets their values.

Each control is built from a `Setting`, which describes one hyperparameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pglab.config import (
    MAX_HIDDEN_LAYERS,
    ConfigError,
    Link,
    RunConfig,
    Setting,
    format_value,
    settings_of,
    success_return_of,
)
from pglab.config.choice_names import choice_name
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.session.trainer import is_compiled
from pglab.ui.controls.choices import place_of
from pglab.ui.controls.set_by_code import set_value, value_of, widget_key
from pglab.ui.shell.visibility import SETTINGS, Visibility, visibility

MOST_SLIDER_STOPS = 100
OFFERED = {"env_id": list(ENVIRONMENTS)}  # a link may name only these environments


@dataclass(frozen=True)
class Terms:
    """The settings of a page.

    `preset` contains the default values. `fixed` names the settings that visitors cannot change.
    If `everything_restarts` is true, every change of a setting restarts the runs of this page.
    """

    preset: RunConfig
    fixed: tuple[str, ...] = ()
    everything_restarts: bool = False


def read_settings(key: str, terms: Terms, link: Link) -> RunConfig:
    """Set the page's controls from a link. Report each unusable value in `link.problems`.

    Returns:
        The configuration that the controls describe after this call.
    """
    for name in terms.fixed:
        if link.text(name) not in (None, getattr(terms.preset, name)):
            link.problems.append(_fixed_here(terms.preset, name))
    config, problems = link.settings(terms.preset, offered=OFFERED)
    link.problems += problems
    set_controls(key, config)
    return config


def set_controls(key: str, config: RunConfig) -> None:
    """Set the page's controls to a configuration. The caller must then redraw the page."""
    for name in settings_of(config):
        value = getattr(config, name)
        if name == "hidden_sizes":
            _set_layers(key, value)
        else:
            set_value(f"{key}.{name}", value)
    st.session_state[f"{key}.environment"] = config.env_id
    st.session_state[f"{key}.opened_with"] = config


def controls(key: str, terms: Terms, on_change: Callable[[], None]) -> RunConfig | None:
    """Draw the controls in the sidebar. A control calls `on_change` when its value changes.

    Returns:
        The configuration that the controls describe. If their values contradict each other, the
        sidebar shows the reason, and the function returns None.
    """
    _follow_environment(key)
    groups, hidden = _groups(terms)
    values: dict[str, Any] = {name: _value(key, name) for name in hidden}
    with st.sidebar:
        for name in groups["basic"]:
            values[name] = _control(key, name, terms, on_change)
        folded = {"batch": _("Activation and batch"), "advanced": _("More settings")}
        for level, title in folded.items():
            if not groups[level]:
                continue
            # A closed expander contains no controls, because they would slow down every redraw.
            expander = st.expander(title, key=f"settings.{level}", on_change=on_change)
            with expander:
                for name in groups[level]:
                    if expander.open:
                        values[name] = _control(key, name, terms, on_change)
                    else:
                        values[name] = _value(key, name)
        if not terms.everything_restarts and _some_can_change(terms, groups):
            st.caption(
                _(
                    "If you change a setting marked ↻, the run restarts. You can change all other "
                    "settings during the run; the next update uses the new value."
                )
            )
        try:
            return terms.preset.changed(**values)
        except ConfigError as error:
            st.error(str(error))
            return None


def _groups(terms: Terms) -> tuple[dict[str, list[str]], list[str]]:
    """Return the names of the settings to draw, by level, and the names of the hidden settings."""
    groups: dict[str, list[str]] = {"basic": [], "batch": [], "advanced": []}
    hidden: list[str] = []
    for name, setting in settings_of(terms.preset).items():
        if name in terms.fixed:
            continue
        (hidden if _visibility(name, setting).hidden else groups[setting.level]).append(name)
    return groups, hidden


def _some_can_change(terms: Terms, groups: dict[str, list[str]]) -> bool:
    """Whether the visitor can change at least one of the shown settings."""
    described = settings_of(terms.preset)
    names = [name for group in groups.values() for name in group]
    return not all(_visibility(name, described[name]).locked for name in names)


def say_if_not_compiled(configs: Sequence[RunConfig]) -> None:
    """If compiled code is chosen but does not work, say in the sidebar that PyTorch is used."""
    if any(config.engine == "fast" and not is_compiled(config) for config in configs):
        st.sidebar.caption(
            _("Compiled code does not work on this machine, so the slower PyTorch code trains.")
        )


def _follow_environment(key: str) -> None:
    """After a change of environment, set `success_return` to the new environment's default.

    If `success_return` was not the old environment's default, the value does not change.
    """
    before, now = st.session_state[f"{key}.environment"], value_of(f"{key}.env_id")
    if now == before or now not in ENVIRONMENTS:
        return
    if value_of(f"{key}.success_return") == success_return_of(before):
        set_value(f"{key}.success_return", success_return_of(now))
    st.session_state[f"{key}.environment"] = now


def _control(key: str, name: str, terms: Terms, on_change: Callable[[], None]) -> Any:
    """Draw a control that suits the type and range of one setting. Return the control's value."""
    setting = settings_of(terms.preset)[name]
    if name == "hidden_sizes":
        return _layer_controls(key, setting, on_change)
    value = value_of(f"{key}.{name}")
    restarts = terms.everything_restarts or not setting.changes_while_running
    label = _(setting.label) + (" ↻" if restarts else "")
    idle = _reason_not_to_apply(key, setting)
    own_key = widget_key(f"{key}.{name}")
    common: dict[str, Any] = {
        "key": own_key,
        "help": " ".join([_(setting.help), *idle]),
        "persist_state": "session",
        "on_change": on_change,
        "disabled": bool(idle) or _visibility(name, setting).locked,
    }
    if name == "env_id":
        known = list(ENVIRONMENTS)
        return st.selectbox(label, known, index=place_of(own_key, known), **common)
    if setting.choices:
        choices = list(setting.choices)
        chosen = place_of(own_key, choices)
        return st.selectbox(label, choices, index=chosen, format_func=choice_name, **common)
    if isinstance(value, bool):
        return st.toggle(label, value=value, **common)
    if setting.stops:
        # The preset or a link may set a value that is not one of the slider's usual stops.
        own = {getattr(terms.preset, name), getattr(_opened_with(key), name), value}
        stops = sorted({*setting.stops, *own})
        return st.select_slider(label, stops, value=value, format_func=format_value, **common)
    low, high, step = (type(value)(n) for n in (setting.minimum, setting.maximum, setting.step))
    numeric = {"min_value": low, "max_value": high, "value": value, "step": step}
    if (high - low) / step <= MOST_SLIDER_STOPS:
        return st.slider(label, **numeric, **common)
    return st.number_input(label, **numeric, **common)


def _visibility(name: str, setting: Setting) -> Visibility:
    return visibility(name, _(setting.label), SETTINGS)


def _reason_not_to_apply(key: str, setting: Setting) -> list[str]:
    """Return a list with one sentence that says why the setting has no effect.

    The list is empty if the setting has an effect.
    """
    if setting.applies_when is None:
        return []
    name, value = setting.applies_when
    if value_of(f"{key}.{name}") == value:
        return []
    other = settings_of(_opened_with(key))[name]
    return [
        _("This setting has an effect only if “{label}” is “{value}”.").format(
            label=_(other.label), value=choice_name(value)
        )
    ]


def _value(key: str, name: str) -> Any:
    """Return the value of a setting whose control is not drawn."""
    if name != "hidden_sizes":
        return value_of(f"{key}.{name}")
    layers = value_of(f"{key}.layers")
    own_widths = st.session_state[f"{key}.own_widths"]
    return tuple(value_of(f"{key}.width_{n if own_widths else 0}") for n in range(layers))


def _opened_with(key: str) -> RunConfig:
    """Return the configuration last given to `set_controls`."""
    config: RunConfig = st.session_state[f"{key}.opened_with"]
    return config


def _layer_controls(key: str, setting: Setting, on_change: Callable[[], None]) -> tuple[int, ...]:
    """Draw the controls for the number and the width of the hidden layers.

    If the layers have different widths, each layer has its own control.
    """
    common: dict[str, Any] = {
        "help": _(setting.help),
        "persist_state": "session",
        "on_change": on_change,
        "disabled": _visibility("hidden_sizes", setting).locked,
    }
    layers = st.slider(
        _("Hidden layers ↻"),
        0,
        MAX_HIDDEN_LAYERS,
        value_of(f"{key}.layers"),
        key=widget_key(f"{key}.layers"),
        **common,
    )
    own_widths = st.session_state[f"{key}.own_widths"]
    sizes = []
    for layer in range(layers if own_widths else min(layers, 1)):
        label = _("Width of layer {n} ↻").format(n=layer + 1) if own_widths else _("Width ↻")
        sizes.append(
            st.select_slider(
                label,
                _with_linked_width(key, layer, setting.stops),
                value_of(f"{key}.width_{layer}"),
                key=widget_key(f"{key}.width_{layer}"),
                **common,
            )
        )
    return tuple(sizes) if own_widths else tuple(sizes * layers)


def _with_linked_width(key: str, layer: int, stops: tuple[float, ...]) -> list[int]:
    linked = _opened_with(key).hidden_sizes
    own = value_of(f"{key}.width_{layer}")
    return sorted({*(int(stop) for stop in stops), *linked[layer : layer + 1], own})


def _set_layers(key: str, sizes: tuple[int, ...]) -> None:
    set_value(f"{key}.layers", len(sizes))
    st.session_state[f"{key}.own_widths"] = len(set(sizes)) > 1
    for layer in range(MAX_HIDDEN_LAYERS):
        width = sizes[min(layer, len(sizes) - 1)] if sizes else 128
        set_value(f"{key}.width_{layer}", width)


def _fixed_here(preset: RunConfig, name: str) -> str:
    return _("{label} is always “{value}” on this page; the link's value is ignored.").format(
        label=_(settings_of(preset)[name].label), value=choice_name(getattr(preset, name))
    )
