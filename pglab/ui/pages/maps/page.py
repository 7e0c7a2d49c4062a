"""The page *Maps*: ready maps, and maps that the visitor plans and trains."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.maps.measures import measures
from pglab.maps.plan import Cell, MapPlan
from pglab.maps.ready.claims import CLAIMS
from pglab.maps.ready.shipped import load
from pglab.maps.ready.table import MapFileError
from pglab.maps.run_result import RunResult
from pglab.ui.controls.map_work import map_run_of, work_row
from pglab.ui.controls.sharing.copy_link import copy_link
from pglab.ui.pages.maps import link
from pglab.ui.pages.maps.choosing import choose_map, choose_plan
from pglab.ui.pages.maps.figures import figures
from pglab.ui.pages.maps.shown_map import shown_map
from pglab.ui.shell import address_bar
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.fragments import fragment
from pglab.ui.shell.problems import show_problems
from pglab.ui.shell.visibility import visibility
from pglab.ui.stage.components.recovery import offer_recovery
from pglab.ui.stage.projector import projector

REDRAW_SECONDS = 1.0


def maps_page() -> None:
    """Draw the page *Maps*."""
    require_entry()
    projector()
    problems = address_bar.read_once(link.PAGE, link.read_link)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("#### " + _("Maps"), width="content")
        copy_link()
        st.caption(
            _(
                "How does a result depend on a setting? A map trains an agent with many values of "
                "a setting, each with several seeds. Where is the cliff, where is the plateau?"
            )
        )
    show_problems(problems, [])
    which = choose_map()
    if which == link.OWN:
        plan = choose_plan()
        address_bar.write(link.link_parameters(plan if isinstance(plan, MapPlan) else None))
        if isinstance(plan, MapPlan):
            _own_map(plan)
        else:
            st.info(plan)
    else:
        address_bar.write(link.link_parameters(None))
        try:
            plan, results = load(which)
        except MapFileError as error:
            st.error(escaped(str(error)))
        else:
            _show(plan, results)
            if not visibility("claims", _("What the map shows"), lockable=False).hidden:
                st.markdown("**" + _("What the return of the last tenth shows") + "**")
                st.markdown("\n".join(f"- {_(claim.sentence)}" for claim in CLAIMS[which]))
    offer_recovery(link.PAGE)


def _own_map(plan: MapPlan) -> None:
    map_run = map_run_of(plan, link.PAGE)

    def draw() -> None:
        snapshot = map_run.snapshot()
        if snapshot.running != running:
            st.rerun()  # the whole page, because this fragment redraws by itself only if it runs
        work_row(map_run, snapshot, link.PAGE, too_long=too_long)
        _show(plan, snapshot.results)

    too_long = _(
        "This map would take about {time}. Choose fewer values, seeds or steps. A cluster can "
        "train larger maps: see the README."
    )
    running = map_run.snapshot().running
    fragment(draw, key="maps.own", run_every=REDRAW_SECONDS if running else None)()


def _show(plan: MapPlan, results: Mapping[tuple[Cell, int], RunResult]) -> None:
    agent = st.session_state[link.AGENT]
    measure = measures(plan.config)[st.session_state[link.MEASURE]]
    figures(shown_map(plan, results, measure), link.PLACES[agent], link.base_of(agent))
