"""REINFORCE: watch a Monte-Carlo policy gradient learn."""

import streamlit as st

from pglab import learning_curves
from pglab.algorithms import descent, reinforce, run
from pglab.config import ReinforceConfig
from pglab.gradients import gradient
from pglab.language import _, content
from pglab.losses import policy_gradient_loss
from pglab.returns import discounted_returns
from pglab.ui import panels
from pglab.ui.agent_page import AgentPage, agent_page
from pglab.ui.code import source_code
from pglab.ui.view import Extra


def idea() -> None:
    """The story from the aim to the loss."""
    table = learning_curves.table_text(learning_curves.load("reinforce"), seeds=10, steps=100_000)
    st.markdown(content("reinforce").replace("{learning_curve_table}", table))


def code() -> None:
    """The formula beside the functions that compute it."""
    st.latex(r"L(\theta)=-\frac1T\sum_{t=1}^{T} G_t\,\log\pi_\theta(a_t\mid s_t)")
    source_code(
        policy_gradient_loss,
        discounted_returns,
        reinforce.reinforce,
        run.take_step,
        reinforce.update,
        reinforce.baseline,
        gradient,
        descent.descend,
    )


agent_page(
    AgentPage(
        key="reinforce",
        title="REINFORCE",
        preset=ReinforceConfig(),
        panels=panels.OF_REINFORCE,
        extras=[
            Extra("entropy", _("Entropy"), panels.entropy),
            Extra("gradient_norm", _("Gradient norm"), panels.gradient_norm),
            Extra("loss", _("Loss"), panels.loss),
        ],
        idea=idea,
        code=code,
    )
)
