"""The live stage: while the run goes on, each redraw trains a little further."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pglab.bench import Bench
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.ui.entry import fragment
from pglab.ui.lab import LIVE, Lab
from pglab.ui.panels import Panel, scenery
from pglab.ui.stage import Number, Progress, stage
from pglab.ui.view import FOLDED, plane_and_action

COLLAPSE_ENTROPY = 0.01
COLLAPSE_SHARE = 0.5  # of the range of returns, below which a deterministic policy has collapsed


def live(lab: Lab, panels: Sequence[Panel], folded: Sequence[Panel]) -> None:
    """The stage with its panels; while running, each redraw trains a little further."""
    fragment(_live, LIVE)(lab, panels, folded)


def _live(lab: Lab, panels: Sequence[Panel], folded: Sequence[Panel]) -> None:
    bench = lab.bench
    if bench.running:
        bench.tick()
    if st.session_state.get(f"{lab.key}.{FOLDED}"):
        panels = [*panels, *folded]
    plane, action = plane_and_action(lab)
    scene = scenery(lab.key, bench, lab.player, plane, action)
    drawn = [panel(scene) for panel in panels]
    lab.sequence += 1
    stage(
        key="stage",
        sequence=lab.sequence,
        running=bench.running,
        numbers=_numbers(bench),
        progress=_progress(bench),
        panels=drawn,
    )
    if bench.session.finished and not st.session_state.get(f"{lab.key}.end_shown"):
        st.session_state[f"{lab.key}.end_shown"] = True
        st.rerun()
    st.session_state[f"{lab.key}.end_shown"] = bench.session.finished


def _numbers(bench: Bench) -> list[Number]:
    history = bench.session.history
    mean = history.mean_return()
    rate = bench.pacemaker.steps_per_second if bench.running else None
    return [
        Number(
            _("environment steps"),
            f"{bench.session.global_step:,}",
            _("Actions taken in the training environment since the reset."),
        ),
        Number(_("episodes"), f"{len(history.episodes):,}", _("Training episodes finished.")),
        Number(
            _("mean of last 100 returns"),
            "–" if mean is None else f"{mean:.1f}",
            _("Mean return of the last 100 finished training episodes, or of all if fewer."),
        ),
        Number(
            _("steps per second"),
            "–" if rate is None else f"{rate:,.0f}",
            _("Environment steps per second of your time, over the last two seconds."),
        ),
    ]


def _progress(bench: Bench) -> Progress:
    session = bench.session
    parts = [
        _("{done:,} of {total:,} steps").format(
            done=session.global_step, total=session.config.total_steps
        )
    ]
    if session.history.reading is not None:
        parts.append(
            _("seminar's reading {reading:.0f}, solved at {goal:g}").format(
                reading=session.history.reading, goal=session.config.success_return
            )
        )
    if _collapsed(bench):
        parts.append(
            _(
                "the policy is almost deterministic and scores low: it no longer explores; "
                "reset with a smaller α"
            )
        )
    return Progress(
        fraction=session.global_step / session.config.total_steps,
        label=" · ".join(parts),
        marker_label=_("solved") if session.history.solved_at is not None else None,
    )


def _collapsed(bench: Bench) -> bool:
    """Whether the policy has become deterministic without being good."""
    history = bench.session.history
    low, high = ENVIRONMENTS[bench.session.config.env_id].return_range
    mean = history.mean_return(20)
    entropies = history.updates["entropy"][-10:]
    return (
        mean is not None
        and len(entropies) == 10
        and bool(entropies.max() < COLLAPSE_ENTROPY)
        and mean < low + COLLAPSE_SHARE * (high - low)
    )
