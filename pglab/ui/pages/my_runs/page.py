"""The page *My runs*: the visitor's stored runs, and what can be done with them."""

from __future__ import annotations

import streamlit as st

from pglab.language import _
from pglab.library.model_card.markdown import escaped
from pglab.library.store.tidying import Quotas
from pglab.ui.pages.my_runs.actions import actions
from pglab.ui.pages.my_runs.bring_back import bring_back
from pglab.ui.pages.my_runs.desk import problem, show_what_was_said, with_library
from pglab.ui.pages.my_runs.details import name_and_note
from pglab.ui.pages.my_runs.listing import pages, read, search_and_order, table
from pglab.ui.pages.my_runs.taking import taking
from pglab.ui.shell.address_bar import read_once, write
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.problems import show_problems
from pglab.ui.stage.components.recovery import offer_recovery

KEY = "my_runs"


def my_runs_page() -> None:
    """Draw the page *My runs*."""
    require_entry()
    show_problems(read_once(KEY, lambda link: None), [])
    write({})
    found = with_library(read)
    with st.container(horizontal=True, vertical_alignment="center", key="words"):
        st.markdown("#### " + _("My runs"), width="content")
        if found is not None:
            st.caption(_what_is_kept(found.quotas))
    if found is None:
        st.warning(escaped(problem() or ""))
        return
    show_what_was_said()
    if found.notice:
        st.warning(escaped(found.notice))
    if found.total or found.search:
        search_and_order()
    if found.runs:
        place_of_actions = st.container()
        chosen = table(found)
        pages(found, chosen)
        with place_of_actions:
            actions(chosen)
        if len(chosen) == 1:
            name_and_note(chosen[0])
        taking(chosen)
    elif found.search:
        st.info(_("No run contains all these words."))
    else:
        st.info(
            _(
                "You have no stored runs yet. Train an agent on the page REINFORCE, Shared body or "
                "Split bodies; its run then appears here. Or bring a run back from its bundle."
            )
        )
    bring_back()
    offer_recovery(KEY)


def _what_is_kept(quotas: Quotas) -> str:
    return _(
        "Only this browser shows these runs. Pinned runs stay (at most {runs:,}). Of the others, "
        "the server keeps the latest {runs:,}, up to {megabytes:,} MB, for {days:,} days after the "
        "last save, as long as it has room."
    ).format(runs=quotas.runs, megabytes=quotas.megabytes, days=quotas.days)
