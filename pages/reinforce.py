"""The page *REINFORCE* trains a policy with Monte-Carlo policy gradients."""

import streamlit as st

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.algorithms import reinforce, run
from pglab.config import ReinforceConfig
from pglab.experiments.home_answers import loss_table
from pglab.experiments.results import SEEDS
from pglab.language import _, content
from pglab.losses import entropy, of_actions, policy_gradient_loss, value_loss
from pglab.networks import ActionNetwork, PolicyNetwork, ValueNetwork
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
    """Draw each formula beside the functions that compute it, in the order of the computation."""
    formulas_and_code(
        Part(
            r"a_t\sim\pi_\theta(\cdot\mid s_t)",
            _("The training loop stores each step and makes updates at the end of episodes."),
            [reinforce.reinforce, run.take_step, run.sample_action],
        ),
        Part(
            r"\pi_\theta(a\mid s)=\operatorname{softmax}_a\,z_\theta(s)",
            _("The network's outputs are logits z. Log-softmax turns the logits into log π."),
            [PolicyNetwork.of_features, ActionNetwork.forward, ActionNetwork.of_features],
        ),
        Part(
            r"G_t=r_t+\gamma\,G_{t+1}",
            _("Gₜ is computed from an episode's last step back to its first."),
            [reinforce.update, discounted_returns, whole_episode_returns],
        ),
        Part(
            r"w_t=G_t-b(s_t)",
            _("The weight wₜ is the return Gₜ. A baseline b may be subtracted."),
            [reinforce.baseline, normalized],
        ),
        Part(
            r"\begin{gathered}L(\theta)=-\frac1T\sum_{t=1}^{T} w_t\,\log\pi_\theta(a_t\mid s_t)\\"
            r"\theta\leftarrow\text{Adam}\big(\theta,\,\nabla L(\theta)\big)\end{gathered}",
            _(
                "Each update computes the loss and its gradient, and takes an Adam step. With an "
                "*Entropy bonus*, the loss also falls when the policy's entropy rises."
            ),
            [reinforce.learn, policy_gradient_loss, of_actions, entropy],
        ),
        Part(
            r"L_V=\frac1T\sum_t\big(G_t-V(s_t)\big)^2",
            _("If the baseline is learned, each update moves V(s) toward the returns."),
            [reinforce.fit_value, value_loss, ValueNetwork.forward],
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
