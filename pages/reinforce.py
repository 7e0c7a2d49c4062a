"""REINFORCE: watch a Monte-Carlo policy gradient learn."""

import streamlit as st

from pglab import learning_curves
from pglab.algorithms import reinforce
from pglab.config import ReinforceConfig
from pglab.language import _, content
from pglab.ui import panels
from pglab.ui.code import source_code
from pglab.ui.entry import require_entry
from pglab.ui.lab import end_message, open_lab
from pglab.ui.live import live
from pglab.ui.runs import runs_table
from pglab.ui.transport import transport
from pglab.ui.view import view_controls

require_entry()

st.markdown("#### REINFORCE")
lab = open_lab("reinforce", ReinforceConfig)
transport(lab)
end_message(lab)
live(
    lab,
    [panels.returns, panels.player, panels.policy_map, panels.returns_to_go],
    folded=[panels.entropy, panels.gradient_norm, panels.loss],
)
view_controls(lab)

idea, code, runs = st.tabs([_("Idea"), _("Code"), _("Runs of this visit")])
with idea:
    table = learning_curves.table_text(learning_curves.load("reinforce"), seeds=10, steps=100_000)
    st.markdown(content("reinforce").replace("{learning_curve_table}", table))
with code:
    source_code(reinforce.reinforce, reinforce.update, reinforce.baseline, reinforce.descend)
with runs:
    runs_table(lab)
