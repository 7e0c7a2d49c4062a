"""The form for the name and the note of the chosen run."""

from __future__ import annotations

import streamlit as st

from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.runs.listing import MOST_IN_NAME, MOST_IN_NOTE
from pglab.ui.pages.my_runs.desk import say, with_library
from pglab.ui.pages.my_runs.shown_run import ShownRun
from pglab.ui.shell.owner import owner


def name_and_note(run: ShownRun) -> None:
    """Draw the form; the texts are saved when the visitor presses Save."""
    name_key, note_key = f"my_runs.name.{run.address}", f"my_runs.note.{run.address}"

    def save() -> None:
        with_library(_save)

    def _save(library: Library) -> None:
        name, note = st.session_state[name_key], st.session_state[note_key]
        if not library.annotate(owner(), run.address, name=name, note=note):
            say(_("The run was deleted meanwhile, so its name and note were not saved."))

    with st.form("my_runs.form"):
        left, right = st.columns([2, 3])
        left.text_input(_("Name"), run.row.name, max_chars=MOST_IN_NAME, key=name_key)
        right.text_area(_("Note"), run.row.note, max_chars=MOST_IN_NOTE, key=note_key, height=90)
        left.form_submit_button(_("Save"), icon=":material/save:", on_click=save)
