"""The row above the panels: Run, Step, Episode, Update, Reset, New seed, and a speed slider."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pglab.config import SEEDS
from pglab.language import _
from pglab.session.training_session import Unit
from pglab.ui.controls.buttons import live_button, page_button, run_or_pause
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.sharing.copy_link import copy_link
from pglab.ui.controls.speed import WIDTH, speed_slider, speed_visibility
from pglab.ui.shell.fragments import fragment
from pglab.ui.shell.page_state import TRANSPORT
from pglab.ui.shell.visibility import BUTTONS, NEW_SEED, visibility


def transport(lab: Lab, title: str, on_speed: Callable[[], None]) -> None:
    """Draw the page's title and buttons in one row. A change of the speed calls `on_speed`."""
    fragment(_transport, TRANSPORT)(lab, title, on_speed)


def _transport(lab: Lab, title: str, on_speed: Callable[[], None]) -> None:
    lab.redraw_stale_page()
    bench = lab.bench
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="transport"):
        st.markdown(f"#### {title}", width="content")
        run_or_pause(bench)
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
                disabled=bench.finished,
                help=_("Pauses the run, then trains for exactly one {unit}.").format(unit=_(unit)),
            )
        page_button(
            lab,
            bench.lock,
            _("Reset"),
            "replay",
            "reset",
            bench.reset,
            shortcut="b",
            help=_(
                "Begin a new run with the same settings and the same seed. The old run stays in "
                "the return plot and in the table of runs."
            ),
        )
        page_button(
            lab,
            bench.lock,
            _("New seed"),
            "casino",
            NEW_SEED,
            partial(_new_seed, lab),
            shortcut="n",
            help=_("Begin a new run with the next seed. The old run stays in the return plot."),
        )
        # One of the two replaces the other, but a link may name both at any time.
        speed_visibility()
        visibility("continue", _("Continue"), BUTTONS)
        if bench.session.outcome in ("solved", "total_steps"):
            _continue_button(lab)
        else:
            speed_slider(lab.key, bench, on_speed)
        copy_link()


def _continue_button(lab: Lab) -> None:
    """Draw the button Continue, which replaces the speed slider after the end of a run.

    Continue is a separate button, because the button Run must never extend a run.
    """

    def go_on() -> None:
        lab.set_controls(lab.bench.continue_beyond_end())

    page_button(
        lab,
        lab.bench.lock,
        _("Continue"),
        "double_arrow",
        "continue",
        go_on,
        width=WIDTH,
        help=_(
            "Continue training this run. If the run stopped because it was solved, this button "
            "turns off “Stop when solved”. If the run stopped because it used all its steps, this "
            "button doubles the number of steps."
        ),
    )


def _new_seed(lab: Lab) -> None:
    config = lab.bench.session.config
    config = config.changed(seed=(config.seed + 1) % SEEDS)
    lab.bench.running = False
    lab.bench.use(config)
    lab.set_controls(config)
