"""Opens runs of *My runs* on other pages: on the page of an agent, or on *Compare*."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pglab.agent_places import AgentPlace
from pglab.algorithms.agents import AgentConfig
from pglab.curves import Curve
from pglab.library.store.library import Library
from pglab.library.store.runs.summary import curve_of
from pglab.plots.end_labels import LONGEST_END_LABEL
from pglab.session.side_by_side.comparison import PAIRS
from pglab.ui.controls.lab import leave, shows
from pglab.ui.controls.sharing.kept_run import PARAMETER
from pglab.ui.pages.compare import link, settings
from pglab.ui.pages.compare.state import ComparePage
from pglab.ui.pages.compare.stored_curves import StoredCurve, draw_from_now_on
from pglab.ui.pages.my_runs.shown_run import ShownRun
from pglab.ui.shell.address_bar import read_again

COMPARE = "pages/compare.py"


def open_run(library: Library, place: AgentPlace, address: str) -> None:
    """Go to an agent's page, which opens the run. The former run of that page is saved first.

    Raises:
        LibraryUnavailable: the former run could not be saved.
    """
    if shows(place.key, address):
        st.switch_page(place.script)
    leave(place.key, library)
    st.switch_page(place.script, query_params={PARAMETER: address})


def train_side_by_side(configs: Sequence[AgentConfig]) -> None:
    """Go to *Compare* with two new agents; both have the seed of the first run."""
    _open_compare({**link.sides(configs), link.FIRST_SEED: str(configs[0].seed)})


def compare_curves(runs: Sequence[ShownRun]) -> None:
    """Go to *Compare*, which draws the curves of these runs beside its agents.

    If training has begun there, the agents stay as they are. Otherwise, if no agent there uses the
    environment of the first run, *Compare* gets its usual agents in this environment.
    """
    draw_from_now_on(map(_stored_curve, runs))
    environment = runs[0].summary.environment
    usual = PAIRS[settings.USUAL_PAIR].configs
    page: ComparePage | None = st.session_state.get(settings.STATE)
    configs = usual if page is None else page.comparison.configs
    begun = page is not None and page.comparison.global_step > 0
    if begun or any(config.env_id == environment for config in configs):
        st.switch_page(COMPARE)
    _open_compare(link.sides([config.changed(env_id=environment) for config in usual]))


def _stored_curve(run: ShownRun) -> StoredCurve:
    curve, label = curve_of(run.summary), run.title
    if run.row.name and len(label) > LONGEST_END_LABEL:
        label = label[: LONGEST_END_LABEL - 1] + "…"
    return StoredCurve(Curve(curve.steps, curve.returns, label), run.summary.environment)


def _open_compare(parameters: dict[str, str]) -> None:
    read_again(settings.PAGE)
    st.switch_page(COMPARE, query_params=parameters)
