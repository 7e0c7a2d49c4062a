"""The transport: run, pause, the three kinds of step, reset, new seed, and speed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pglab.bench import FULL_SPEED, REAL_TIME, SPEEDS
from pglab.config import SEEDS
from pglab.language import _
from pglab.ui.entry import fragment
from pglab.ui.lab import LIVE, TRANSPORT, Lab
from pglab.ui.settings import set_controls


def transport(lab: Lab) -> None:
    """Run, pause, the three kinds of step, reset, new seed, and speed."""
    fragment(_transport, TRANSPORT)(lab)


def _transport(lab: Lab) -> None:
    bench = lab.bench
    finished = bench.session.finished
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="transport"):
        if bench.running:
            _button(_("Pause"), "pause", "p", "pause", bench.pause, type="primary")
        else:
            _button(
                _("Run"), "play_arrow", "p", "run", bench.run, type="primary", disabled=finished
            )
        for unit, icon, label in (
            ("step", "skip_next", _("Step")),
            ("episode", "sports_score", _("Episode")),
            ("update", "upgrade", _("Update")),
        ):
            _button(
                label,
                icon,
                unit[0],
                unit,
                lambda unit=unit: bench.advance(unit),
                disabled=finished,
                help=_("Pause, then train by exactly one {unit}.").format(unit=_(unit)),
            )
        starts = [
            st.button(
                _("Reset"),
                icon=":material/replay:",
                key="reset",
                shortcut="b",
                on_click=bench.reset,
                help=_("Back to the same start. This run stays as an overlay and in the table."),
            ),
            st.button(
                _("New seed"),
                icon=":material/casino:",
                key="new_seed",
                shortcut="n",
                on_click=lambda: _new_seed(lab),
                help=_("Start anew with the next random seed. This run stays as an overlay."),
            ),
        ]
        if any(starts):
            st.rerun()  # the whole page: a new start also concerns the sidebar and the table
        bench.speed = st.select_slider(
            _("Speed"),
            SPEEDS,
            value=bench.speed,
            format_func=_speed_name,
            key=f"{lab.key}.speed",
            label_visibility="collapsed",
            width=210,
            persist_state="session",
        )


def _button(label: str, icon: str, shortcut: str, key: str, press: Any, **options: Any) -> None:
    """A transport button that changes the bench, then redraws the two live fragments."""

    def pressed() -> None:
        press()
        st.rerun([TRANSPORT, LIVE])

    st.button(
        label, icon=f":material/{icon}:", key=key, shortcut=shortcut, on_click=pressed, **options
    )


def _new_seed(lab: Lab) -> None:
    config = lab.bench.session.config
    config = config.changed(seed=(config.seed + 1) % SEEDS)
    lab.bench.running = False
    lab.bench.use(config)
    set_controls(lab.key, config)


def _speed_name(speed: float) -> str:
    if speed == FULL_SPEED:
        return _("full speed")
    if speed == REAL_TIME:
        return _("50 steps/s, real time")
    return _("{n:g} steps/s").format(n=speed)
