"""The controls that train a visitor's own map or ladder, and show the progress and time left."""

from __future__ import annotations

import streamlit as st

from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.maps.plan import Plan
from pglab.maps.running.estimate import LONGEST, duration_text, runs_at_once, seconds_of
from pglab.maps.running.map_run import MapRun, Snapshot
from pglab.maps.running.results import Results
from pglab.maps.running.workers import WorkersUnavailable, shared_workers
from pglab.ui.shell.visits import is_connected, this_visit


def new_map_run(plan: Plan) -> MapRun:
    """Make the training of a plan. Training pauses when the visitor's last tab is closed."""
    visit = this_visit()
    return MapRun(
        plan, shared_workers(), Results(), is_wanted=lambda: not visit or is_connected(visit)
    )


def map_run_of(plan: Plan, key: str) -> MapRun:
    """Return the visitor's training of this plan. If `key` had another training, pause it."""
    known: MapRun | None = st.session_state.get(_run_key(key))
    if known is not None and known.plan == plan:
        return known
    if known is not None:
        known.pause()
    st.session_state[_run_key(key)] = new = new_map_run(plan)
    return new


def work_row(
    map_run: MapRun, snapshot: Snapshot, key: str, *, too_long: str, every_cell: bool = False
) -> None:
    """Draw the button that starts, pauses or continues a training, and draw the progress.

    Args:
        map_run: the training.
        snapshot: the present state of the training.
        key: the beginning of the controls' keys.
        too_long: a sentence for a training that would take too long; contains `{time}`.
        every_cell: see `seconds_of`, which estimates the time.
    """
    done = len(snapshot.results)

    def start() -> None:
        _start(map_run, too_long, every_cell=every_cell)

    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_work"):
        if snapshot.running:
            st.button(
                _("Pause"), icon=":material/pause:", on_click=map_run.pause, key=f"{key}.pause"
            )
        elif not snapshot.done:
            st.button(
                _("Go on") if done else _("Start"),
                icon=":material/play_arrow:",
                type="primary",
                on_click=start,
                key=f"{key}.start",
            )
        st.progress(done / snapshot.total, text=_progress(snapshot))
    if snapshot.problem:
        st.error(escaped(snapshot.problem))
    refused: str | None = st.session_state.get(_refusal_key(map_run))
    if refused:
        st.warning(refused)


def _start(map_run: MapRun, too_long: str, *, every_cell: bool) -> None:
    """Start a training. If it would take too long, do not start it, but say how long."""
    st.session_state.pop(_refusal_key(map_run), None)
    plan = map_run.plan
    try:
        seconds = seconds_of(plan, runs_at_once(plan, shared_workers()), every_cell=every_cell)
    except WorkersUnavailable as error:
        st.session_state[_refusal_key(map_run)] = escaped(str(error))
        return
    left = seconds * (1 - len(map_run.snapshot().results) / map_run.snapshot().total)
    if left > LONGEST:
        st.session_state[_refusal_key(map_run)] = too_long.format(time=duration_text(left))
        return
    map_run.start()


def _run_key(key: str) -> str:
    return f"{key}.run"


def _refusal_key(map_run: MapRun) -> str:
    return f"maps.refusal.{id(map_run)}"


def _progress(snapshot: Snapshot) -> str:
    words = _("{done:,} of {total:,} runs").format(done=len(snapshot.results), total=snapshot.total)
    if snapshot.running and snapshot.seconds_left is not None:
        words += " · " + _("about {time} left").format(time=duration_text(snapshot.seconds_left))
    return words
