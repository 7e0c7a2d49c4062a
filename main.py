"""The entry script of Streamlit: sets page layout and language, and runs the chosen page."""

from pathlib import Path

import streamlit as st

# This package loads its own parts. Import it before its parts: if several visitors import different
# parts at the same time, Python can wait forever (a deadlock).
import pglab.config  # noqa: F401
from pglab.networks import use_one_thread
from pglab.ui.pages.lesson.bar import lesson_bar
from pglab.ui.pages.lesson.making import making_button
from pglab.ui.shell.entry import enter, leave
from pglab.ui.shell.menu import navigation

st.set_page_config(
    page_title="Policy Gradient Lab",
    page_icon=Path(__file__).parent / "pglab/ui/shell/icon.png",
    layout="wide",
)
use_one_thread()
enter()
page = navigation()
lesson_bar()
page.run()
making_button()
leave()
