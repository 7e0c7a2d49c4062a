"""Imports the runs of an uploaded bundle. They become runs of this visitor."""

from __future__ import annotations

import streamlit as st

from pglab.agent_places import agent_place
from pglab.config import ConfigError
from pglab.language import _
from pglab.library.bundle import MOST_BYTES
from pglab.library.importing import import_bundle
from pglab.library.model_card.markdown import escaped
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.ui.pages.my_runs.desk import problem, with_library
from pglab.ui.pages.my_runs.going import open_run
from pglab.ui.shell.owner import owner

_READ = "my_runs.bundle_read"  # the last file that was read: each script run sees the file again
_REFUSAL = "my_runs.bundle_refused"  # a sentence, if this file cannot be used
_BROUGHT = "my_runs.bundle_brought"  # a sentence, if this file has brought several runs


def bring_back() -> None:
    """Draw the field for a bundle, and import the runs of an uploaded bundle.

    A single run opens on the page of its agent. Several runs appear in the list of runs.
    """
    file = st.file_uploader(
        _("Bring runs back: upload their bundle (.zip)"),
        type="zip",
        key="my_runs.bundle",
        max_upload_size=MOST_BYTES // 1_000_000,
        help=_(
            "A single run opens on the page of its agent. Several runs, such as those of Compare, "
            "appear in the list above. Each run goes on exactly where it stood."
        ),
    )
    if file is None:
        return
    if file.file_id != st.session_state.get(_READ):
        st.session_state[_REFUSAL] = st.session_state[_BROUGHT] = None
        with_library(lambda library: _import(library, file.file_id, file.getvalue()))
        if problem() or st.session_state[_BROUGHT]:
            st.rerun()  # the whole page then shows the runs, or why the library cannot be used
    refusal: str | None = st.session_state[_REFUSAL]
    if refusal is not None:
        st.warning(escaped(refusal))
    brought: str | None = st.session_state[_BROUGHT]
    if brought is not None:
        st.success(brought)


def _import(library: Library, name: str, data: bytes) -> None:
    bar = st.progress(0.0, _("Reading the bundle …"))

    def report(share: float) -> None:
        # A click of the visitor ends the work here. If the file is still there, it begins again.
        bar.progress(share, _("Reading the bundle …"))

    try:
        stored = import_bundle(library, data, owner(), report)
    except (ConfigError, StateError) as error:
        st.session_state[_READ], st.session_state[_REFUSAL] = name, str(error)
        bar.empty()
        return
    st.session_state[_READ] = name
    bar.empty()
    if len(stored) == 1:
        open_run(library, agent_place(stored[0].summary.agent), stored[0].address)
    st.session_state[_BROUGHT] = _("{n} runs came in. They are in the list above.").format(
        n=len(stored)
    )
