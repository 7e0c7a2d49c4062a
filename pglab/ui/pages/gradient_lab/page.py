"""The gradient lab freezes a policy, draws episodes, and shows the noise of each estimator."""

from __future__ import annotations

import streamlit as st

from pglab.gradient_noise.estimators import (
    Moments,
    episode_gradients,
    episode_weights,
    largest_remaining,
    weighted_gradient,
)
from pglab.language import _, content
from pglab.session.stored.policies import load
from pglab.ui.chapters.chapters import chapters
from pglab.ui.chapters.chapters import link_parameters as chapter_in_link
from pglab.ui.chapters.chapters import read_link as read_chapter
from pglab.ui.chapters.code import source_code
from pglab.ui.controls.sharing.copy_link import copy_link
from pglab.ui.pages.gradient_lab.controls import EXAMPLE, controls, describe, set_controls
from pglab.ui.pages.gradient_lab.link import link_parameters, read_link
from pglab.ui.pages.gradient_lab.results import results, return_text, shown_parts
from pglab.ui.pages.gradient_lab.visit_policies import runs_of_this_visit
from pglab.ui.pages.gradient_lab.work import GradientPage, first_result, work_row
from pglab.ui.shell import address_bar, visibility
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.problems import show_problems
from pglab.ui.stage.components.skip_links import skip_links
from pglab.ui.stage.projector import projector

KEY = "gradient_lab"
PAGE = "gradient_lab.page"


def gradient_lab_page() -> None:
    """Draw the page *Gradient lab*."""
    require_entry()
    projector()
    page: GradientPage | None = st.session_state.get(PAGE)
    if page is None:
        page = _opened()
        st.session_state[PAGE] = page
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("#### " + _("Gradient lab"), width="content")
        copy_link()
        st.caption(
            _(
                "Freeze a policy, draw K episodes, and estimate the policy gradient from each "
                "episode in four ways. Each thin arrow is one episode's estimate. In which "
                "panel are the arrows closest together?"
            )
        )
    subject, snapshot, sentences = controls(runs_of_this_visit())
    show_problems(page.problems, sentences)
    work_row(page, subject, snapshot)
    parts = shown_parts()
    if not page.awaits_first:
        shown = page.shown
        results(
            shown.report,
            f"{describe(shown.subject)}; {return_text(shown.report)}",
            former=page.former(subject),
            parts=parts,
        )
    in_link = link_parameters(subject, snapshot) if subject.episodes else {}

    def write_link() -> None:
        address_bar.write({**in_link, **chapter_in_link(KEY, "idea")})

    write_link()
    chapters(KEY, *CHAPTERS.items(), on_change=write_link)
    skip_links(KEY, stage=False)


def _opened() -> GradientPage:
    """Set the controls from the link, and return the state of the new page.

    If the link's values differ from the stored example's values, begin a measurement.
    """
    link = address_bar.link()
    visibility.read_link(link)
    subject = read_link(link, runs_of_this_visit())
    set_controls(subject)
    read_chapter(KEY, CHAPTERS, link)
    link.refuse_the_rest()
    page = GradientPage(first_result(), link.problems)
    if subject != page.shown.subject and subject.run == EXAMPLE:
        page.begin(subject, load()[subject.step])
        page.opened_by = page.job
    return page


def _idea() -> None:
    st.markdown(content("gradient_lab"))


def _code() -> None:
    source_code(episode_weights, episode_gradients, weighted_gradient, Moments, largest_remaining)


CHAPTERS = {"idea": _idea, "code": _code}
