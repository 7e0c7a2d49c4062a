"""The home page explains the app, compares the three agents, and offers a first run."""

import streamlit as st

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.experiments.home_answers import answers
from pglab.language import _, content
from pglab.ui.controls.lab import start_on_arrival
from pglab.ui.pages.agent_map import agent_map
from pglab.ui.pages.opening_clips import opening_clips
from pglab.ui.shell.address_bar import read_once
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.problems import show_problems

require_entry()
show_problems(read_once("home", lambda link: None), [])

text, picture = st.columns([5, 4], gap="large", vertical_alignment="center")
with text:
    st.markdown(content("home"))
    with st.container(horizontal=True, vertical_alignment="center", key="begin"):
        if st.button(
            _("Watch REINFORCE learn"), icon=":material/play_arrow:", type="primary", key="start"
        ):
            start_on_arrival("reinforce")
            st.switch_page("pages/reinforce.py")
        st.page_link(
            "pages/lessons.py",
            label=_("With a class: open a room on Lessons"),
            icon=":material/groups:",
        )
with picture:
    opening_clips()
agent_map()
with st.container(horizontal=True, horizontal_alignment="distribute", key="ways"):
    for path, label in (
        ("pages/reinforce.py", _("Open REINFORCE")),
        ("pages/shared_body.py", _("Open the shared body")),
        ("pages/split_bodies.py", _("Open the split bodies")),
        ("pages/compare.py", _("Compare agents")),
        ("pages/maps.py", _("Maps of settings")),
        ("pages/lessons.py", _("Lessons")),
    ):
        st.page_link(path, label=label, icon=":material/arrow_forward:", width="content")
with st.container(key="questions"):
    st.markdown("## " + _("Three questions, answered with real runs"))
for column, answer, (path, label) in zip(
    st.columns(3),
    answers(),
    (
        ("pages/reinforce.py", _("REINFORCE, chapter Idea")),
        ("pages/gradient_lab.py", _("Gradient lab")),
        ("pages/shared_body.py", _("Shared body, chapter Idea")),
    ),
    strict=True,
):
    with column:
        st.markdown(answer)
        st.page_link(path, label=label, icon=":material/arrow_forward:")
