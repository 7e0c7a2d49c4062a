"""The page of one agent: controls, buttons, panels, and the chapters below the panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import differences
from pglab.language import _
from pglab.library.snapshot import contents_of
from pglab.library.take_away import Order
from pglab.ui.chapters.attempts import open_attempts
from pglab.ui.chapters.chapters import chapters, is_open, titles
from pglab.ui.chapters.code import engine_sentence
from pglab.ui.chapters.experiment_line import experiment_line
from pglab.ui.chapters.fresh_episodes import evaluation
from pglab.ui.chapters.play.chapter import play_it_yourself
from pglab.ui.chapters.rewind import rewind
from pglab.ui.chapters.runs_table import runs_table
from pglab.ui.chapters.slow_motion.chapter import slow_motion
from pglab.ui.chapters.try_this import try_this
from pglab.ui.chapters.why_action import report_stopped_player, why_this_action
from pglab.ui.controls.buttons import locked
from pglab.ui.controls.for_class.class_run import class_run
from pglab.ui.controls.lab import Lab, open_lab
from pglab.ui.controls.seed_controls import seed_controls
from pglab.ui.controls.sharing.kept_run import is_saved
from pglab.ui.controls.sharing.take_along import link_to, order_of, take_along
from pglab.ui.controls.sharing.watching import watching_control
from pglab.ui.controls.shown_panels import Extra, panel_controls
from pglab.ui.controls.transport import transport
from pglab.ui.pages.address import read_address, write_address
from pglab.ui.pages.live_stage import live
from pglab.ui.pages.maps.link import PAGE as MAPS
from pglab.ui.pages.maps.link import link_of_settings
from pglab.ui.shell.address_bar import read_again
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.menu import current_page
from pglab.ui.shell.visibility import visibility
from pglab.ui.stage.components.recovery import offer_recovery
from pglab.ui.stage.components.scrolling import scroller
from pglab.ui.stage.components.skip_links import skip_links
from pglab.ui.stage.panels.scenery import PanelMaker
from pglab.ui.stage.presses import listen
from pglab.ui.stage.projector import projector


@dataclass(frozen=True)
class AgentPage:
    """The parts that differ between the pages of the agents.

    `key` is the name of the page and of its stored learning curves. `fixed` names the settings that
    the visitor cannot change, because they define the page's agent.
    """

    key: str
    title: str
    preset: AgentConfig
    panels: Sequence[PanelMaker]
    extras: Sequence[Extra]
    idea: Callable[[], None]
    code: Callable[[], None]
    fixed: tuple[str, ...] = ()


def agent_page(page: AgentPage) -> None:
    """Draw the page of an agent."""
    require_entry()
    projector(titles()["slow_motion"])
    lab = open_lab(page.key, page.preset, page.fixed, partial(read_address, page.key, page.extras))
    write = partial(write_address, lab, page.extras)
    seed_controls(lab)
    watching_control(lab, lab.bench)
    class_run(lab)
    attempts = open_attempts(lab)
    transport(lab, page.title, on_speed=write)
    live(lab, page.panels, page.extras, partial(experiment_line, lab, attempts))
    panel_controls(lab, page.extras, on_change=write)
    write()
    _map_button(lab)
    below: dict[str, Callable[[], None]] = {
        "idea": page.idea,
        "slow_motion": partial(slow_motion, lab),
        "why": partial(why_this_action, lab),
        "try_this": partial(try_this, lab, attempts),
        "play": partial(play_it_yourself, lab),
        "code": partial(_code, lab, page),
        "fresh_episodes": partial(evaluation, lab),
        "rewind": partial(rewind, lab),
        "runs": partial(runs_table, lab),
        "take_along": partial(_take_along, lab),
    }
    # Threads may be training the run, so each chapter holds the lock while it reads the run.
    safely = {name: locked(lab.bench.lock, draw) for name, draw in below.items()}
    chapters(
        page.key,
        *safely.items(),
        on_change=write,
        behind=partial(_listen, lab),
    )
    scroller(page.key)
    skip_links(page.key)
    offer_recovery(page.key)


def _map_button(lab: Lab) -> None:
    """Draw the button that leads to *Maps*, with the settings of this page."""
    if visibility("map", _("Map these settings"), lockable=False).hidden:
        return
    if st.sidebar.button(
        _("Map these settings"),
        icon=":material/grid_on:",
        key=f"{lab.key}.map",
        help=_("Train these settings with many values of one of them, and with many seeds."),
    ):
        config = lab.bench.session.config
        read_again(MAPS)
        st.switch_page("pages/maps.py", query_params=link_of_settings(config, lab.key))


def _listen(lab: Lab) -> None:
    """Let the browser report each press of a button, and the number of the stopped frame.

    If a run would be lost, the browser also asks for confirmation before the tab is closed.
    """
    bench = lab.bench
    begun = bench.running or bench.session.global_step > 0 or bool(bench.past)
    listen(unsaved=begun and not is_saved(lab.kept))
    report_stopped_player(lab, wanted=is_open(lab.key, "why"))


def _code(lab: Lab, page: AgentPage) -> None:
    st.caption(engine_sentence(lab.bench.session.config))
    page.code()


def _take_along(lab: Lab) -> None:
    st.caption(
        _(
            "Everything about the current run, at its step when you press the button. The bundle "
            "opens again on *My runs*, and the run goes on exactly where it was."
        )
    )

    def orders() -> dict[str, Order]:
        with lab.bench.lock:
            session = lab.bench.session
            link = link_to(current_page(), differences(session.initial_config, lab.terms.preset))
            return {"": order_of(contents_of(session), link)}

    take_along(f"{lab.key}.take_along", orders)
