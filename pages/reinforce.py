"""REINFORCE: watch a Monte-Carlo policy gradient learn."""

from functools import partial

import streamlit as st

from pglab import learning_curves
from pglab.algorithms import reinforce
from pglab.config import ReinforceConfig
from pglab.language import _, content
from pglab.losses import policy_gradient_loss
from pglab.returns import discounted_returns
from pglab.ui import panels
from pglab.ui.chapters import chapters
from pglab.ui.code import source_code
from pglab.ui.entry import require_entry
from pglab.ui.lab import open_lab
from pglab.ui.live import live
from pglab.ui.runs import runs_table
from pglab.ui.transport import transport
from pglab.ui.view import view_controls

require_entry()

lab = open_lab("reinforce", ReinforceConfig)
transport(lab, "REINFORCE")
live(
    lab,
    [panels.returns, panels.player, panels.policy_map, panels.returns_to_go],
    folded=[panels.entropy, panels.gradient_norm, panels.loss],
)
view_controls(lab)


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
        reinforce.update,
        reinforce.baseline,
        reinforce.descend,
    )


chapters((_("Idea"), idea), (_("Code"), code), (_("Runs of this visit"), partial(runs_table, lab)))
