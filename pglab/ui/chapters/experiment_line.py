"""The line above the stage during an experiment: settings, guess and result."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pglab.config import format_value, settings_of
from pglab.config.choice_names import choice_name
from pglab.experiments.experiment import Experiment
from pglab.experiments.statistics import STATISTICS
from pglab.language import _
from pglab.session.stored.usual_curves import AGENTS
from pglab.ui.chapters.attempts import Attempt, Attempts, Result
from pglab.ui.chapters.chapters import open_chapter
from pglab.ui.controls.buttons import on_whole_page
from pglab.ui.controls.lab import Lab
from pglab.ui.stage.components.scrolling import bring_into_view


def title_of(experiment: Experiment) -> str:
    """Return the changed settings of an experiment as text, such as "Discount γ: 0"."""
    described = settings_of(AGENTS[experiment.page])
    return ", ".join(
        f"{_(described[name].label)}: {choice_name(format_value(value))}"
        for name, value in experiment.settings.items()
    )


def experiment_line(lab: Lab, attempts: Attempts) -> None:
    """Draw the experiment's settings, guess and length; after the run, draw the result instead."""
    with lab.bench.lock:
        session = lab.bench.session
        if not attempts.in_hand(session):
            return
    experiment, attempt = attempts.experiment, attempts.attempt
    choice = attempts.guess()
    assert choice is not None
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="experiment_line"
    ):
        if attempt.result is None:
            parts = [
                f"**{title_of(experiment)}**",
                _("your guess: *{text}*").format(text=_(choice.text)),
                _("{steps:,} steps").format(steps=experiment.steps),
            ]
            st.markdown(" · ".join(parts))
            return
        st.markdown(f"**{judgement(experiment, attempt)}** {_short(experiment, attempt.result)}")
        st.button(
            _("Why?"),
            icon=":material/arrow_downward:",
            key="to_explanation",
            on_click=on_whole_page(lab, lab.bench.lock, partial(_open_explanation, lab.key)),
            help=_("Show the explanation below the stage."),
        )


def _open_explanation(page: str) -> None:
    open_chapter(page, "try_this")
    bring_into_view(page, "explanation")


def _short(experiment: Experiment, result: Result) -> str:
    statistic = STATISTICS[experiment.statistic]
    return _("{name}: {figure} (usual settings: {usual}).").format(
        name=_(statistic.name)[:1].upper() + _(statistic.name)[1:],
        figure=f"{result.figure:.{statistic.digits}f}",
        usual=f"{result.usual:.{statistic.digits}f}",
    )


def judgement(experiment: Experiment, attempt: Attempt) -> str:
    """Say whether the guess is right for this run, and whether it is right for most seeds."""
    assert attempt.result is not None
    as_run, as_seeds = attempt.guess == attempt.result.choice, attempt.guess == experiment.right
    if as_run and as_seeds:
        return _("Your guess was right, for this run and for most seeds.")
    if as_run:
        return _("Your guess was right for this run, but wrong for most seeds.")
    if as_seeds:
        return _("Your guess was wrong for this run, but right for most seeds.")
    return _("Your guess was wrong, for this run and for most seeds.")
