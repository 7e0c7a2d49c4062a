"""Entry: page configuration, language, navigation. Nothing else."""

import streamlit as st

from pglab.ui.shell.entry import enter, navigation

st.set_page_config(
    page_title="Policy Gradient Lab", page_icon="pglab/ui/shell/icon.png", layout="wide"
)
enter()
navigation().run()
