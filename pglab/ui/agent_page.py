"""The page of one agent: controls, transport, stage, and the chapters below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pglab.algorithms.families import AgentConfig
from pglab.language import _
from pglab.ui.attempts import open_attempts
from pglab.ui.chapters import Chapter, chapters
from pglab.ui.code import engine_sentence
from pglab.ui.entry import require_entry
from pglab.ui.evaluation import evaluation
from pglab.ui.experiment_line import experiment_line
from pglab.ui.lab import Lab, open_lab
from pglab.ui.live import live
from pglab.ui.panels import Panel
from pglab.ui.rewind import rewind
from pglab.ui.runs import runs_table
from pglab.ui.scrolling import scroller
from pglab.ui.seed_controls import seed_controls
from pglab.ui.slow_motion import slow_motion
from pglab.ui.transport import transport
from pglab.ui.try_this import try_this
from pglab.ui.view import Extra, view_controls


@dataclass(frozen=True)
class AgentPage:
    """What tells one agent's page from another's.

    `key` names the page and the stored learning curves of its preset; `fixed` are the settings
    that the page is about.
    """

    key: str
    title: str
    preset: AgentConfig
    panels: Sequence[Panel]
    extras: Sequence[Extra]
    idea: Callable[[], None]
    code: Callable[[], None]
    fixed: tuple[str, ...] = ()


def agent_page(page: AgentPage) -> None:
    """Draw the page."""
    require_entry()
    lab = open_lab(page.key, page.preset, page.fixed)
    seed_controls(lab)
    attempts = open_attempts(lab)
    transport(lab, page.title)
    live(lab, page.panels, page.extras, partial(experiment_line, lab, attempts))
    view_controls(lab, page.extras)
    below: list[Chapter] = [
        (_("Idea"), page.idea),
        (_("Slow motion"), partial(slow_motion, lab)),
        (_("Try this"), partial(try_this, lab, attempts)),
        (_("Code"), partial(_code, lab, page)),
        (_("Fresh episodes"), partial(evaluation, lab)),
        (_("Rewind and fork"), partial(rewind, lab)),
        (_("Runs of this visit"), partial(runs_table, lab)),
    ]
    chapters(page.key, *below)
    scroller(page.key)


def _code(lab: Lab, page: AgentPage) -> None:
    st.caption(engine_sentence(lab.bench.session.config.engine))
    page.code()
