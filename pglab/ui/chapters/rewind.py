"""The chapter *Rewind and fork*: move a run to an earlier step, or start a new run there."""

from __future__ import annotations

import streamlit as st

from pglab.language import _
from pglab.ui.controls.buttons import on_whole_page
from pglab.ui.controls.choices import if_offered
from pglab.ui.controls.lab import Lab


def rewind(lab: Lab) -> None:
    """Draw a slider that chooses a checkpoint, and two buttons that continue or fork the run."""
    lab.redraw_stale_page()
    bench = lab.bench
    session = bench.session
    points = {point.global_step: point for point in session.checkpoints}
    steps = sorted({*points, session.global_step})
    if len(steps) < 2:
        st.caption(_("There is no earlier step yet. Let the agent take a few steps first."))
        return
    here = session.global_step
    key = f"{lab.key}.rewind"
    st.session_state[key] = here

    def go() -> None:
        if_offered(key, points, lambda step: bench.rewind(points[step]))
        lab.set_controls(session.config)

    def continue_() -> None:
        bench.run()

    st.select_slider(
        _("Go to environment step"),
        steps,
        format_func=lambda step: f"{step:,}",
        key=key,
        disabled=bench.running,
        on_change=on_whole_page(lab, bench.lock, go),
        help=_(
            "Restores the networks, the optimiser, the buffer and the random generators to their "
            "state at the chosen step."
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Continue from here"),
            icon=":material/play_arrow:",
            key="rewind_continue",
            disabled=bench.running or session.finished,
            on_click=on_whole_page(lab, bench.lock, continue_),
            help=_(
                "Continues training from this step. If you went back to this step, the run repeats "
                "its later steps exactly."
            ),
        )
        st.button(
            _("Fork from here"),
            icon=":material/call_split:",
            key="rewind_fork",
            disabled=bench.running or not here,
            on_click=on_whole_page(lab, bench.lock, bench.fork),
            help=_(
                "Starts a new run from this step. To make the new run differ from the old run, "
                "change a setting that is not marked ↻. Then press Run."
            ),
        )
    st.caption(_state(lab, steps[-1]))


def _state(lab: Lab, furthest: int) -> str:
    """Say at which step the run is, and what the button Run does next."""
    bench = lab.bench
    here = bench.session.global_step
    if bench.running:
        return _("Pause to go back.")
    if bench.rewound:
        return _(
            "At step {here:,} of {furthest:,}. The button Run repeats the later steps, up to the "
            "end of the dotted line in the return plot. If you change a setting that is not marked "
            "↻, a new run starts from this step. The old run stays in the plot and in the table."
        ).format(here=here, furthest=furthest)
    if bench.forked is not None:
        return _("This is run {n}, forked at step {step:,} from run {of}.").format(
            n=bench.run_number, step=bench.forked[1], of=bench.forked[0]
        )
    return _("At step {here:,}, the last step of the run so far.").format(here=here)
