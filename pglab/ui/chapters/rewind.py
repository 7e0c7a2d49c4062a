"""The chapter *Rewind and fork*: goes back in a run, then continues or forks the run."""

from __future__ import annotations

import streamlit as st

from pglab.language import _
from pglab.ui.controls.buttons import on_whole_page
from pglab.ui.controls.choices import if_offered
from pglab.ui.controls.lab import Lab


def rewind(lab: Lab) -> None:
    """Draw a slider over the run's checkpoints, and buttons to continue or fork the run there."""
    lab.redraw_stale_page()
    bench = lab.bench
    session = bench.session
    points = {point.global_step: point for point in session.checkpoints}
    steps = sorted({*points, session.global_step})
    if len(steps) < 2:
        st.caption(_("Nothing to go back to yet: let the agent take a few steps."))
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
            "Restores networks, optimiser, buffer and random streams as they were at that step."
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Continue from here"),
            icon=":material/play_arrow:",
            key="rewind_continue",
            disabled=bench.running or session.finished,
            on_click=on_whole_page(lab, bench.lock, continue_),
            help=_("Repeats the same run exactly, then continues beyond it."),
        )
        st.button(
            _("Fork from here"),
            icon=":material/call_split:",
            key="rewind_fork",
            disabled=bench.running or not here,
            on_click=on_whole_page(lab, bench.lock, bench.fork),
            help=_("Starts another run from this step. Then change a setting and press Run."),
        )
    st.caption(_state(lab, steps[-1]))


def _state(lab: Lab, furthest: int) -> str:
    """Say at which step the run is, and what the button Run would do."""
    bench = lab.bench
    here = bench.session.global_step
    if bench.running:
        return _("Pause to go back.")
    if bench.rewound:
        return _(
            "At step {here:,} of {furthest:,}. Run repeats the run up to the end of the dotted "
            "line. If you change a setting, the run forks: the old run stays as an overlay and in "
            "the table."
        ).format(here=here, furthest=furthest)
    if bench.forked is not None:
        return _("This is run {n}, forked at step {step:,} from run {of}.").format(
            n=bench.run_number, step=bench.forked[1], of=bench.forked[0]
        )
    return _("At step {here:,}, the last step so far.").format(here=here)
