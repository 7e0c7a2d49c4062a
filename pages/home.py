"""Home: what this is, the three agents on one map, and one obvious way to start."""

import streamlit as st

from pglab.language import _, content
from pglab.ui.agent_map import agent_map
from pglab.ui.clip import opening_clips
from pglab.ui.entry import require_entry

require_entry()

text, picture = st.columns([5, 4], gap="large", vertical_alignment="center")
with text:
    st.markdown(content("home"))
    if st.button(
        _("Watch REINFORCE learn"), icon=":material/play_arrow:", type="primary", key="start"
    ):
        st.switch_page("pages/reinforce.py")
with picture:
    opening_clips()
agent_map()
st.caption(_("REINFORCE can be run here. The two actor-critics have no page of their own yet."))
