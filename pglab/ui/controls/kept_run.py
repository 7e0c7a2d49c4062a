"""The run that a page's address names: it comes back after a reload, and is saved from then on."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError, Link, quoted
from pglab.language import _
from pglab.library.contents import Facts
from pglab.library.keeping import Keeper, shared_library, shared_saver
from pglab.library.reopening import Reopened, reopened
from pglab.library.state.taking import StateError
from pglab.library.store.problems import LibraryUnavailable
from pglab.session.bench import Bench
from pglab.ui.controls.buttons import on_whole_page
from pglab.ui.controls.settings import Terms
from pglab.ui.shell.address_bar import written
from pglab.ui.shell.owner import owner
from pglab.ui.shell.page_state import LivePage

LATE = 2.0  # seconds
PARAMETER = "run"  # the address parameter with the address of a stored run


@dataclass
class Kept:
    """The part of a page that saves its runs."""

    keeper: Keeper
    visit: Facts  # what was stored with a reopened run, such as guesses; not checked
    copied: str = ""  # a sentence, if this page works with a copy of a stored run
    original: str = ""  # the address of the stored run, until its copy has an address of its own


def read_link(page: str, terms: Terms, link: Link) -> AgentConfig | None:
    """Load the run that the link names, and return its settings; None if there is none."""
    address = link.text(PARAMETER)
    if address is None:
        return None
    library = shared_library().get()
    if library is None:
        return None
    try:
        elsewhere = shared_saver().hand_over(library, address, owner())
        found = reopened(library, address, owner())
    except (ConfigError, StateError) as error:
        link.problems.append(_("The stored run cannot be opened. {reason}").format(reason=error))
        return None
    except LibraryUnavailable as error:
        shared_library().note(error)
        return None
    if found is None:
        link.problems.append(_not_found(address))
        return None
    config = found.bench.session.config
    if type(config) is not type(terms.preset) or any(
        getattr(config, name) != getattr(terms.preset, name) for name in terms.fixed
    ):
        link.problems.append(_("The stored run belongs to the page of another agent."))
        return None
    if elsewhere:
        found = replace(found, shown_elsewhere=True)
    st.session_state[_key(page)] = found
    return config


def _not_found(address: str) -> str:
    return _(
        "No stored run has the address {address}. Maybe the run was deleted, or it was saved on "
        "another server. The page begins a new run with the settings of the link."
    ).format(address=quoted(address))


def another_run_is_asked_for(page: str) -> bool:
    """Whether the visitor went back or forward in the browser, to the address of another run."""
    asked, shown = st.query_params.get(PARAMETER), written().get(PARAMETER, "")
    known, since = st.session_state.get(f"{page}.shown_run", ("", 0.0))
    if shown != known:
        st.session_state[f"{page}.shown_run"] = (shown, time.monotonic())
        return False
    # Soon after the address has changed, a late request may still contain the former address.
    return bool(asked) and asked != shown and time.monotonic() - since > LATE


def take_reopened(page: str) -> Reopened | None:
    """Return the run that `read_link` has loaded, once."""
    found: Reopened | None = st.session_state.pop(_key(page), None)
    return found


def keep(bench: Bench, found: Reopened | None) -> Kept:
    """Save the runs of a page from now on.

    If the run was reopened by its owner, it keeps its address. Another person's run stays as it is,
    and a copy of it gets a new address.
    """
    kept = Kept(
        Keeper(bench, owner()),
        visit=found.visit if found is not None and found.mine else {},
        copied="" if found is None else _why_copied(found),
    )
    library = shared_library().get()
    if found is not None and kept.copied:
        kept.original = found.addresses[bench.run_number]
        kept.keeper.copy(found.addresses if found.mine else {})
    elif found is not None and library is not None:
        try:
            kept.keeper.adopt(library, found.addresses)
        except LibraryUnavailable as error:
            shared_library().note(error)
    shared_saver().add(kept.keeper)
    return kept


def _why_copied(found: Reopened) -> str:
    if not found.mine:
        return _(
            "Somebody has shared this run with you. If you continue, you continue a copy of your "
            "own. The shared run does not change."
        )
    if found.shown_elsewhere:
        return _(
            "This run is open in another tab. If you continue here, you continue a copy. The run "
            "in the other tab does not change."
        )
    return ""


def say_what_is_kept(page: LivePage, bench: Bench, kept: Kept) -> None:
    """Tell the visitor if this run is a copy, is saved by another tab, or is not saved at all."""
    if kept.keeper.taken_over:
        with st.container(horizontal=True, vertical_alignment="center", key="taken_over"):
            st.warning(
                _(
                    "This run is now open in another tab, which saves it. This tab saves nothing "
                    "more, unless you continue with a copy."
                )
            )
            st.button(
                _("Continue with a copy"),
                key="copy_run",
                on_click=on_whole_page(page, bench.lock, partial(kept.keeper.copy, {})),
            )
    elif kept.copied:
        with st.container(horizontal=True, vertical_alignment="center", key="copied"):
            st.info(kept.copied)
            st.button(_("Close"), key="close_copied", on_click=partial(setattr, kept, "copied", ""))
    problem = shared_library().problem
    if problem is not None and "told_unsaved" not in st.session_state:
        st.session_state["told_unsaved"] = True
        st.toast(_("Runs are not saved on this server: {reason}").format(reason=problem))


def address_parameter(kept: Kept) -> dict[str, str]:
    """Return the address of the current run as a parameter; return none before it has begun."""
    address = kept.keeper.address
    if address is not None:
        kept.original = ""
    if shared_library().problem is not None or not (address or kept.original):
        return {}
    return {PARAMETER: address or kept.original}


def is_saved(kept: Kept) -> bool:
    """Whether the current run comes back after a reload of its page."""
    return kept.keeper.address is not None and shared_library().problem is None


def _key(page: str) -> str:
    return f"{page}.reopened"
