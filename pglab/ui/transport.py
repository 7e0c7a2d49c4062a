"""The transport: run, pause, the three kinds of step, reset, new seed, and speed."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pglab.bench import FULL_SPEED, REAL_TIME, SPEEDS
from pglab.config import SEEDS
from pglab.language import _
from pglab.session import Unit
from pglab.ui.buttons import live_button, on_whole_page, run_or_pause, start_slot
from pglab.ui.entry import fragment
from pglab.ui.lab import TRANSPORT, Lab
from pglab.ui.set_by_code import widget_key


def transport(lab: Lab, title: str) -> None:
    """The page's title in one row with its buttons."""
    fragment(_transport, TRANSPORT)(lab, title)


def _transport(lab: Lab, title: str) -> None:
    lab.redraw_stale_page()
    bench = lab.bench
    finished = bench.session.finished
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="transport"):
        st.markdown(f"#### {title}", width="content")
        if bench.session.outcome in ("solved", "total_steps"):
            _run_on_button(lab)
        else:
            run_or_pause(
                bench.lock,
                running=bench.running,
                finished=finished,
                run=bench.run,
                pause=bench.pause,
            )
        units: tuple[tuple[Unit, str, str], ...] = (
            ("step", "skip_next", _("Step")),
            ("episode", "sports_score", _("Episode")),
            ("update", "upgrade", _("Update")),
        )
        for unit, icon, label in units:
            live_button(
                bench.lock,
                label,
                icon,
                unit[0],
                unit,
                partial(bench.advance, unit),
                disabled=finished,
                help=_("Pause, then train by exactly one {unit}.").format(unit=_(unit)),
            )
        st.button(
            _("Reset"),
            icon=":material/replay:",
            key="reset",
            shortcut="b",
            on_click=on_whole_page(lab, bench.lock, bench.reset),
            help=_("Back to the same start. This run stays as an overlay and in the table."),
        )
        st.button(
            _("New seed"),
            icon=":material/casino:",
            key="new_seed",
            shortcut="n",
            on_click=on_whole_page(lab, bench.lock, partial(_new_seed, lab)),
            help=_("Start anew with the next random seed. This run stays as an overlay."),
        )
        speed_key = widget_key(f"{lab.key}.speed")
        st.session_state.setdefault(speed_key, bench.speed)
        bench.speed = st.select_slider(
            _("Speed"),
            SPEEDS,
            format_func=_speed_name,
            key=speed_key,
            label_visibility="collapsed",
            width=150,
            persist_state="session",
        )


def _run_on_button(lab: Lab) -> None:
    """Instead of Run where the run has ended: past success, or with more steps."""

    def run_on() -> None:
        lab.set_controls(lab.bench.run_on())

    with start_slot():
        st.button(
            _("Run on"),
            icon=":material/play_arrow:",
            key="run_on",
            shortcut="p",
            type="primary",
            width="stretch",
            on_click=on_whole_page(lab, lab.bench.lock, run_on),
            help=_("Go on with this run: past success, or for as many steps again."),
        )


def _new_seed(lab: Lab) -> None:
    config = lab.bench.session.config
    config = config.changed(seed=(config.seed + 1) % SEEDS)
    lab.bench.running = False
    lab.bench.use(config)
    lab.set_controls(config)


def _speed_name(speed: float) -> str:
    if speed == FULL_SPEED:
        return _("full speed")
    if speed == REAL_TIME:
        return _("50 steps/s, real time")
    return _("1 step/s") if speed == 1 else _("{n:g} steps/s").format(n=speed)
