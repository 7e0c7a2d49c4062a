"""The controls of a page: their initial values, values after a rebuild, and random values."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

import pyarrow
from streamlit.proto.WidgetStates_pb2 import WidgetState

BEARERS = ("button", "page_link")  # controls without a value
KINDS = (
    "button",
    "button_group",
    "checkbox",
    "dataframe",
    "expandable",
    "number_input",
    "page_link",
    "radio",
    "selectbox",
    "slider",
    "text_input",
)
SELECT_SLIDER = 2  # the value of Slider.Type in Streamlit's protocol
TEXTS = ("", "0", "-1e9", "<b>x</b>", "ß" * 5_000)


@dataclass
class Control:
    """An element that a visitor can use, and the fragment that contains this element."""

    kind: str
    element: Any
    fragment: str

    @property
    def disabled(self) -> bool:
        """Whether the control is disabled."""
        return bool(getattr(self.element, "disabled", False))

    @property
    def holds_value(self) -> bool:
        """Whether every request contains a value of this control."""
        return self.kind not in BEARERS

    @property
    def label(self) -> str:
        """The control's label on the page. Without a label, the kind of control."""
        return str(getattr(self.element, "label", "")) or self.kind


def name_in(identity: str) -> str:
    """Return the key in a control's identity. Without a key, return an empty string."""
    name = identity.split("-", 2)[-1]
    return "" if name == "None" else name


def shown_value(kind: str, shown: Any, *, anew: bool = False) -> WidgetState:
    """Return the value that a browser sends for a newly drawn control.

    If `anew` is true, the browser has rebuilt the control after quick changes. The browser then
    sends the control's declared default, even if code has set another value.
    """
    state = WidgetState(id=shown.id)
    told = not anew and getattr(shown, "set_value", False)
    match kind:
        case "dataframe":
            state.string_value = chosen_rows([])
        case "checkbox":
            state.bool_value = shown.value if told else shown.default
        case "expandable":
            state.bool_value = shown.expanded
        case "number_input":
            state.double_value = shown.value if told else shown.default
        case "text_input":
            state.string_value = shown.value if told else shown.default
        case "selectbox" | "radio":
            if told:
                state.string_value = shown.raw_value
            elif shown.HasField("default"):
                state.string_value = shown.options[shown.default]
        case "button_group":
            options = [option.content for option in shown.options]
            chosen = shown.raw_values if told else [options[i] for i in shown.default]
            state.string_array_value.data[:] = chosen
        case "slider" if shown.type == SELECT_SLIDER:
            chosen = [shown.options[int(index)] for index in shown.default]
            state.string_array_value.data[:] = shown.raw_value if told else chosen
        case "slider":
            state.double_array_value.data[:] = shown.value if told else shown.default
    return state


def chosen_rows(rows: list[int]) -> str:
    """Return the value of a table with these selected rows."""
    return json.dumps({"selection": {"rows": rows, "columns": [], "cells": []}})


def row_count(shown: Any) -> int:
    """Return the number of rows of a table."""
    with pyarrow.ipc.open_stream(shown.arrow_data.data) as stream:
        return int(stream.read_all().num_rows)


def another_value(control: Control, dice: random.Random) -> WidgetState:
    """Return a random value that a visitor can choose for this control."""
    shown = control.element
    state = WidgetState(id=shown.id)
    match control.kind:
        case "dataframe":
            rows = row_count(shown)
            state.string_value = chosen_rows([dice.randrange(rows)] if rows else [])
        case "checkbox":
            state.bool_value = dice.random() < 0.5
        case "expandable":
            state.bool_value = dice.random() < 0.8
        case "selectbox" | "radio":
            state.string_value = dice.choice(list(shown.options))
        case "text_input":
            state.string_value = dice.choice(TEXTS)
        case "button_group":
            options = [option.content for option in shown.options]
            several = shown.click_mode == 1
            count = dice.randint(0, len(options)) if several else 1
            state.string_array_value.data[:] = dice.sample(options, count)
        case "slider" if shown.type == SELECT_SLIDER:
            state.string_array_value.data[:] = [dice.choice(list(shown.options))]
        case _:
            low, high, step = shown.min, min(shown.max, shown.min + 1e6), shown.step or 1.0
            value = low + step * dice.randint(0, max(int((high - low) / step), 0))
            if control.kind == "number_input":
                state.double_value = value
            else:
                state.double_array_value.data[:] = [value]
    return state
