"""The page *REINFORCE*: a policy learns by a Monte-Carlo policy gradient."""

import streamlit as st

import pglab  # noqa: F401  Import the whole package first, as in app.py.
from pglab.algorithms import descent, reinforce, run
from pglab.algorithms.gradients import gradient
from pglab.config import ReinforceConfig
from pglab.experiments.home_answers import loss_table
from pglab.experiments.results import SEEDS
from pglab.language import _, content
from pglab.losses import entropy, of_actions, policy_gradient_loss, value_loss
from pglab.returns import discounted_returns, normalized, whole_episode_returns
from pglab.session.stored import usual_curves
from pglab.ui.chapters.code import Part, formulas_and_code
from pglab.ui.controls.shown_panels import Extra, loss_below_returns
from pglab.ui.pages.agent_page import AgentPage, agent_page
from pglab.ui.stage.panels import updates
from pglab.ui.stage.panels.usual import OF_REINFORCE


def idea() -> None:
    """Draw the chapter *Idea*, which derives the loss from the aim of learning."""
    curves = usual_curves.load("reinforce")
    figures = {
        "learning_curve_table": usual_curves.table_text(curves, len(curves.sums), 100_000),
        "loss_table": loss_table(),
        "seeds": str(SEEDS),
    }
    text = content("reinforce")
    for name, figure in figures.items():
        text = text.replace("{" + name + "}", figure)
    st.markdown(text)


def code() -> None:
    """Draw the formulas beside the functions that compute them."""
    formulas_and_code(
        Part(
            r"G_t=r_t+\gamma\,G_{t+1}",
            _("Gₜ is computed from an episode's last step back to its first."),
            [discounted_returns],
        ),
        Part(
            r"L(\theta)=-\frac1T\sum_{t=1}^{T} w_t\,\log\pi_\theta(a_t\mid s_t)",
            _(
                "wₜ = Gₜ, unless a baseline is subtracted. With an *Entropy bonus*, the loss also "
                "falls when the policy's entropy rises."
            ),
            [policy_gradient_loss, of_actions, entropy],
        ),
        Part(
            r"\theta\leftarrow\text{Adam}\big(\theta,\,\nabla L(\theta)\big)",
            _(
                "An update computes returns, weights, loss and gradient, takes an Adam step and "
                "empties the batch."
            ),
            [
                reinforce.update,
                whole_episode_returns,
                reinforce.baseline,
                normalized,
                reinforce.policy_gradient,
                gradient,
                descent.descend,
                reinforce.fit_value,
                value_loss,
            ],
        ),
        Part(
            r"a_t\sim\pi_\theta(\cdot\mid s_t)",
            _("The training loop: act and store each step; update at the end of an episode."),
            [reinforce.reinforce, run.take_step],
        ),
    )


agent_page(
    AgentPage(
        key="reinforce",
        title="REINFORCE",
        preset=ReinforceConfig(),
        panels=OF_REINFORCE,
        extras=[
            loss_below_returns(_("Loss")),
            Extra("entropy", _("Entropy of the policy"), updates.entropy),
            Extra("gradient_norm", _("Gradient norm"), updates.gradient_norm),
        ],
        idea=idea,
        code=code,
    )
)
