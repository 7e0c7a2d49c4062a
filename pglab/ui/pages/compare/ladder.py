"""Draws the ladder of agents A and B. Each rung is one difference between the two agents.

The ladder is stored, or the visitor trains it.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError
from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.stored import load, stored_name
from pglab.maps.plan import FEWEST_SEEDS
from pglab.maps.running.estimate import duration_text
from pglab.maps.running.workers import WorkersUnavailable
from pglab.session.seeds.group import MOST_SEEDS
from pglab.session.side_by_side.comparison import LENGTHS
from pglab.session.side_by_side.contrasts import names_of
from pglab.ui.controls.map_work import work_row
from pglab.ui.pages.compare.ladder_findings import show_findings
from pglab.ui.pages.compare.ladder_work import USUAL_STEPS, estimated_seconds, ladder_work_of
from pglab.ui.shell.fragments import fragment

OPEN, SEEDS, STEPS = (f"compare.ladder.{name}" for name in ("open", "seeds", "steps"))
LADDER = "ladder"
REDRAW_SECONDS = 2.0
USUAL_SEEDS = 5
STEP_CHOICES = (5_000, 10_000, *LENGTHS[:2])


def ladder_section(configs: Sequence[AgentConfig]) -> None:
    """Draw the switch of the ladder; if the switch is on, draw the ladder of these agents."""
    opened = st.toggle(
        _("The ladder: which difference matters?"),
        st.session_state.get(OPEN, False),
        key=OPEN,
        persist_state="session",
        help=_("Changes one difference between the two agents at a time, over several seeds."),
    )
    if not opened:
        return
    if len(configs) != 2:
        st.info(_("A ladder leads from one agent to another. Choose a comparison of two agents."))
        return
    name = stored_name(configs)
    if name is not None:
        _stored(name, configs)
        return
    try:
        LadderPlan(configs[0], configs[1], FEWEST_SEEDS, STEP_CHOICES[0])
    except ConfigError as error:
        st.info(_("There is no ladder for these agents. {problem}").format(problem=error))
        return
    _own(configs)


def _stored(name: str, configs: Sequence[AgentConfig]) -> None:
    try:
        ladder = load(name)
    except FileNotFoundError:
        st.info(_("The ladder of these two agents has not been computed yet."))
        return
    _introduce(configs, ladder.plan)
    show_findings(ladder, done=True)


def _introduce(configs: Sequence[AgentConfig], plan: LadderPlan) -> None:
    a, b = names_of(configs)
    st.caption(
        _(
            "A: {a}. B: {b}. Each row changes one difference in A, and the same one in B. All "
            "agents train with {seeds} seeds, for {steps:,} steps each. An effect is the change of "
            "the interquartile mean of the return in the last tenth of a run."
        ).format(a=a, b=b, seeds=plan.seeds, steps=plan.total_steps)
    )


def _own(configs: Sequence[AgentConfig]) -> None:
    plan = _chosen_plan(configs)
    work = ladder_work_of(plan)
    _introduce(configs, plan)

    def draw() -> None:
        so_far = work.findings()
        snapshot = work.current.snapshot()
        work.was_running = snapshot.running
        if snapshot.running != running:
            st.rerun()  # the whole page, because this fragment redraws by itself only if it runs
        if not so_far.done:
            if len(work.runs) > 1:
                st.caption(
                    _("The effects are known. Step {n} of the path needs further runs.").format(
                        n=len(work.runs)
                    )
                )
            elif not snapshot.running:
                _tell_time(plan, 1 - len(snapshot.results) / snapshot.total)
            work_row(work.current, snapshot, "compare.ladder", too_long=too_long, every_cell=True)
        if snapshot.results or len(work.runs) > 1:
            show_findings(so_far.ladder, done=so_far.done)

    too_long = _(
        "This ladder would take about {time}. Choose fewer seeds or steps. A cluster can train "
        "larger ladders: see the README."
    )
    running = work.current.snapshot().running
    fragment(draw, key="compare.ladder", run_every=REDRAW_SECONDS if running else None)()


def _chosen_plan(configs: Sequence[AgentConfig]) -> LadderPlan:
    """Draw the controls for seeds and steps, and return the plan that they choose."""
    left, right, _rest = st.columns([1, 1, 1])
    seeds = left.slider(
        _("Seeds of each agent"),
        FEWEST_SEEDS,
        MOST_SEEDS,
        st.session_state.get(SEEDS, USUAL_SEEDS),
        key=SEEDS,
        persist_state="session",
    )
    steps = right.select_slider(
        _("Steps of each run"),
        STEP_CHOICES,
        st.session_state.get(STEPS, USUAL_STEPS),
        format_func="{:,}".format,
        key=STEPS,
        persist_state="session",
    )
    return LadderPlan(configs[0], configs[1], seeds, steps)


def _tell_time(plan: LadderPlan, share: float) -> None:
    """Say how long this share of the plan's runs will take."""
    try:
        seconds = estimated_seconds(plan) * share
    except WorkersUnavailable as error:
        st.warning(escaped(str(error)))
        return
    st.caption(
        _("{agents} agents × {seeds} seeds: about {time}, then the path.").format(
            agents=len(plan.arms), seeds=plan.seeds, time=duration_text(seconds)
        )
    )
