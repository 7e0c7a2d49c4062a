"""The transport: run, pause, the three kinds of step, reset, new seed, and speed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pglab.bench import FULL_SPEED, REAL_TIME, SPEEDS
from pglab.config import SEEDS
from pglab.language import _
from pglab.session import Unit
from pglab.ui.buttons import live_button, locked
from pglab.ui.entry import fragment
from pglab.ui.lab import TRANSPORT, Lab


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
        elif bench.running:
            live_button(bench.lock, _("Pause"), "pause", "p", "pause", bench.pause, type="primary")
        else:
            live_button(
                bench.lock,
                _("Run"),
                "play_arrow",
                "p",
                "run",
                bench.run,
                type="primary",
                disabled=finished,
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
            on_click=_on_whole_page(lab, bench.reset),
            help=_("Back to the same start. This run stays as an overlay and in the table."),
        )
        st.button(
            _("New seed"),
            icon=":material/casino:",
            key="new_seed",
            shortcut="n",
            on_click=_on_whole_page(lab, lambda: _new_seed(lab)),
            help=_("Start anew with the next random seed. This run stays as an overlay."),
        )
        bench.speed = st.select_slider(
            _("Speed"),
            SPEEDS,
            value=bench.speed,
            format_func=_speed_name,
            key=f"{lab.key}.speed",
            label_visibility="collapsed",
            width=150,
            persist_state="session",
        )


def _run_on_button(lab: Lab) -> None:
    """Instead of Run where the run has ended: past success, or with more steps."""

    def run_on() -> None:
        lab.set_controls(lab.bench.run_on())

    st.button(
        _("Run on"),
        icon=":material/play_arrow:",
        key="run_on",
        shortcut="p",
        type="primary",
        on_click=_on_whole_page(lab, run_on),
        help=_("Go on with this run: past success, or for as many steps again."),
    )


def _on_whole_page(lab: Lab, change: Callable[[], None]) -> Callable[[], None]:
    """The change, after which the whole page is drawn anew: sidebar, address and table as well."""

    def changed() -> None:
        locked(lab.bench.lock, change)()
        lab.page_is_stale = True

    return changed


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
