"""Brings a run back: an uploaded bundle becomes a run of this visitor."""

from __future__ import annotations

import streamlit as st

from pglab.config import ConfigError
from pglab.language import _
from pglab.library.bundle import MOST_BYTES
from pglab.library.importing import import_bundle
from pglab.library.model_card.markdown import escaped
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.ui.pages.agent_places import place_of
from pglab.ui.pages.my_runs.desk import problem, with_library
from pglab.ui.pages.my_runs.going import open_run
from pglab.ui.shell.owner import owner

_READ = "my_runs.bundle_read"  # the last file that was read: each script run sees the file again
_REFUSAL = "my_runs.bundle_refused"  # a sentence, if this file cannot be used


def bring_back() -> None:
    """Draw the field for a bundle; a good bundle opens on the page of its agent."""
    file = st.file_uploader(
        _("Bring a run back: upload its bundle (.zip)"),
        type="zip",
        key="my_runs.bundle",
        max_upload_size=MOST_BYTES // 1_000_000,
        help=_("The run opens on the page of its agent, and goes on exactly where it stood."),
    )
    if file is None:
        return
    if file.file_id != st.session_state.get(_READ):
        st.session_state[_READ] = file.file_id
        st.session_state[_REFUSAL] = None
        with st.spinner(_("Reading the bundle …")):
            with_library(lambda library: _import(library, file.getvalue()))
        if problem():
            st.rerun()  # the whole page then says why the library cannot be used
    refusal: str | None = st.session_state[_REFUSAL]
    if refusal is not None:
        st.warning(escaped(refusal))


def _import(library: Library, data: bytes) -> None:
    try:
        kept = import_bundle(library, data, owner())
    except (ConfigError, StateError) as error:
        st.session_state[_REFUSAL] = str(error)
        return
    open_run(library, place_of(kept.summary.agent), kept.address)
