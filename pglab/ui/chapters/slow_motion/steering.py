"""The buttons of the chapter *Slow motion*: Back, Next, Next step and To the update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pglab.language import _
from pglab.slow_motion.tape import SlowMotion
from pglab.slow_motion.words import LEARNING
from pglab.ui.controls.buttons import live_button
from pglab.ui.controls.lab import Lab
from pglab.ui.shell.fragments import fragment

STEPS_AT_ONCE = 150  # recorded steps between two redraws; they take about half a second
REDRAW_SECONDS = 0.1  # pause after a redraw, before the next steps


def buttons(lab: Lab, tape: SlowMotion) -> None:
    """Draw the buttons Back, Next, Next step and To the update."""
    bench = lab.bench

    def moving(move: Callable[[], None]) -> Callable[[], None]:
        def moved() -> None:
            bench.pause()
            move()
            bench.player_mode = "training step"

        return moved

    def to_the_update() -> None:
        if tape.forward_to(LEARNING, STEPS_AT_ONCE):
            st.session_state[_way_key(lab)] = tape

    def to_the_next_step() -> None:
        tape.forward_to({"observe"}, 1)

    with st.container(horizontal=True, vertical_alignment="center", key="slow_buttons"):
        live_button(
            bench.lock,
            _("Back"),
            "chevron_left",
            "Left",
            "slow_back",
            tape.back,
            disabled=tape.at_start,
        )
        forward: dict[str, Any] = {"disabled": tape.at_end}
        live_button(
            bench.lock,
            _("Next"),
            "chevron_right",
            "Right",
            "slow_next",
            moving(tape.forward),
            type="primary",
            **forward,
        )
        for label, icon, shortcut, key, move in (
            (_("Next step"), "skip_next", "Shift+Right", "slow_step", to_the_next_step),
            (_("To the update"), "upload", "Shift+Up", "slow_update", to_the_update),
        ):
            live_button(bench.lock, label, icon, shortcut, key, moving(move), **forward)
        now = tape.session.global_step if tape.current is None else tape.current[0].step.global_step
        st.caption(_("step {n:,}").format(n=now), width="content")


def _way_key(lab: Lab) -> str:
    return f"{lab.key}.slow.way"


def is_on_the_way(lab: Lab) -> bool:
    """Whether slow motion is on its way to the next update.

    If so, the function also takes the next steps and draws the progress.
    """
    tape = st.session_state.get(_way_key(lab))
    if tape is None:
        return False
    if tape is not lab.slow_motion or lab.bench.running:
        st.session_state.pop(_way_key(lab), None)
        return False
    fragment(_way, f"{lab.key}.slow_way", REDRAW_SECONDS)(lab, tape)
    return True


def _way(lab: Lab, tape: SlowMotion) -> None:
    key = _way_key(lab)

    def stop() -> None:
        st.session_state.pop(key, None)

    if key not in st.session_state:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Stop here"), icon=":material/close:", key="slow_stop", on_click=stop)
        share = _share_stored(tape)
        st.progress(
            share,
            _("Step {n:,}: {share:.0%} of the update's data is stored.").format(
                n=tape.session.global_step, share=share
            ),
        )
    with lab.bench.lock:
        arrived = not tape.forward_to(LEARNING, STEPS_AT_ONCE)
    if arrived:
        stop()
        st.rerun()


def _share_stored(tape: SlowMotion) -> float:
    """Return the share of the next update's data that is already stored, from 0 to 1."""
    stores = [moment.values for moment in tape.steps[-1].moments if moment.phase == "store"]
    if not stores:  # training diverged in this step
        return 0.0
    values = stores[-1]
    if "rollout_steps" in values:
        return float(min(values["stored"] / values["rollout_steps"], 1.0))
    episodes = values["ended"] / values["episodes_per_update"]
    return float(min(episodes, values["stored"] / values["min_batch_steps"], 1.0))
