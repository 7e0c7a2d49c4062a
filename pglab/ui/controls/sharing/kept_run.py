"""Saves the runs of a page, and reopens the run or comparison that the page's address names."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError, Link, quoted
from pglab.language import _
from pglab.library.keeping.keeper import Keeper
from pglab.library.keeping.reopening import Found, reopened
from pglab.library.keeping.reopening_comparison import reopened_comparison
from pglab.library.keeping.saver import shared_library, shared_saver
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.session.bench import Bench
from pglab.session.side_by_side.comparison import Comparison
from pglab.ui.controls.buttons import on_whole_page
from pglab.ui.controls.settings import Terms
from pglab.ui.shell.address_bar import RUN, read_again, written
from pglab.ui.shell.menu import current_page
from pglab.ui.shell.owner import owner
from pglab.ui.shell.page_state import LivePage
from pglab.ui.shell.visits import is_connected, this_visit
from pglab.ui.stage.page_channel import give_up_channel

LATE = 2.0  # seconds
PARAMETER = RUN  # the address parameter with the address of a stored run or comparison

FoundT = TypeVar("FoundT", bound=Found)
KeeperT = TypeVar("KeeperT", bound=Keeper)
Load = Callable[[Library, str, str], FoundT | None]  # from the library, an address and the owner


@dataclass
class Kept(Generic[KeeperT]):
    """The part of a page that saves the page's runs."""

    keeper: KeeperT
    copied: str = ""  # a sentence, if this page works with a copy of a stored run


def read_run(page: str, terms: Terms, link: Link) -> AgentConfig | None:
    """Load the run that the link names. Return the run's settings, or None without a run."""
    forget_reopened(page)
    found = _found(link, reopened, _no_run)
    if found is None:
        return None
    config = found.bench.session.config
    if type(config) is not type(terms.preset) or any(
        getattr(config, name) != getattr(terms.preset, name) for name in terms.fixed
    ):
        link.problems.append(_("The stored run belongs to the page of another agent."))
        return None
    st.session_state[_key(page)] = found
    return config


def read_comparison(page: str, link: Link) -> Comparison | None:
    """Load and return the comparison that the link names, or return None."""
    forget_reopened(page)
    found = _found(link, reopened_comparison, _no_comparison)
    if found is None:
        return None
    st.session_state[_key(page)] = found
    return found.bench.comparison


def _found(link: Link, load: Load[FoundT], not_found: Callable[[str], str]) -> FoundT | None:
    """Load what the link names. If it cannot be used, note a link problem and return None."""
    address = link.text(PARAMETER)
    if address is None:
        return None
    library = shared_library().get()
    if library is None:
        return None
    try:
        elsewhere = shared_saver().hand_over(library, address, owner())
        found = load(library, address, owner())
    except (ConfigError, StateError) as error:
        link.problems.append(_("The stored run cannot be opened. {reason}").format(reason=error))
        return None
    except LibraryUnavailable as error:
        shared_library().note(error)
        return None
    if found is None:
        link.problems.append(not_found(address))
        return None
    return replace(found, shown_elsewhere=elsewhere)


def _no_run(address: str) -> str:
    return _(
        "No stored run has the address {address}. Maybe the run was deleted, or it was saved on "
        "another server. The page begins a new run with the settings of the link."
    ).format(address=quoted(address))


def _no_comparison(address: str) -> str:
    return _(
        "No stored comparison has the address {address}. Maybe the run of an agent was deleted, or "
        "the comparison was saved on another server. The page begins a new comparison with the "
        "settings of the link."
    ).format(address=quoted(address))


def leave(page: str, state: str, library: Library) -> None:
    """Save the run of a page and remove the run from the page.

    When the page opens next, it reads its link again.

    Args:
        page: the name of the page.
        state: the key of the page's state in the session state. The state has the field `kept`.
        library: stores the run.

    Raises:
        LibraryUnavailable: the run could not be saved. The page keeps the run.
    """
    if state in st.session_state:
        st.session_state[state].kept.keeper.release(library)
        del st.session_state[state]
    give_up_channel(page)
    read_again(page)


def follow_address(page: str, state: str) -> None:
    """If the visitor went back or forward to the address of another run, leave the page's run.

    If the library cannot be used now, the page keeps its run. See `leave` for the arguments.
    """
    if state not in st.session_state or not _another_run_is_asked_for():
        return
    shared_library().use(partial(leave, page, state))


def _another_run_is_asked_for() -> bool:
    """Whether the visitor went back or forward in the browser to the address of another run."""
    asked, shown = st.query_params.get(PARAMETER), written().get(PARAMETER)
    since: float = st.session_state.get(_changed(), 0.0)
    # Soon after the address has changed, a late request may still contain the former address.
    return bool(asked) and asked != shown and time.monotonic() - since > LATE


def reopened_by_link(page: str, kind: type[FoundT]) -> FoundT | None:
    """Return the run or the comparison that was loaded from the link, or None.

    The result stays the same until `forget_reopened` is called, because Streamlit may interrupt the
    script before the page has taken over the run.
    """
    found = st.session_state.get(_key(page))
    return found if isinstance(found, kind) else None


def forget_reopened(page: str) -> None:
    """Forget what was loaded from the link, because the page has taken it over."""
    st.session_state.pop(_key(page), None)


def keep(keeper: KeeperT, found: Found | None) -> Kept[KeeperT]:
    """Save the runs of a page from now on.

    A run that its owner has reopened keeps its address. The page continues a copy with a new
    address if the run belongs to another person or to a comparison, or is open in another tab.
    """
    # Not the live channel: after a lost connection, a page opens the channel of its lost visit.
    keeper.is_watched = partial(is_connected, this_visit())
    kept = Kept(keeper, copied="" if found is None else _why_copied(found))
    library = shared_library().get()
    if kept.copied:
        keeper.copy()
    elif found is not None and library is not None:
        try:
            keeper.adopt(library)
        except LibraryUnavailable as error:
            shared_library().note(error)
    shared_saver().add(keeper)
    return kept


def _why_copied(found: Found) -> str:
    if not found.mine:
        return _(
            "Somebody has shared this run with you. If you continue, you continue a copy of your "
            "own. The shared run does not change."
        )
    if found.is_side:
        return _(
            "This run belongs to a comparison. If you continue here, you continue a copy. The "
            "comparison does not change."
        )
    if found.shown_elsewhere:
        return _(
            "This run is open in another tab. If you continue here, you continue a copy. The run "
            "in the other tab does not change."
        )
    return ""


def is_outdated(page: LivePage, driven: Bench | Comparison, kept: Kept[Any]) -> bool:
    """Whether the page must be drawn again.

    This is true if its run has a new address, or if another tab has taken over the run. The caller
    must hold the lock of `driven`.
    """
    return _is_lost(page, driven, kept) or kept.keeper.has_moved


def _is_lost(page: LivePage, driven: Bench | Comparison, kept: Kept[Any]) -> bool:
    """If another tab has taken over the run of this page, pause the run here and return True."""
    if not (kept.keeper.taken_over and driven.running):
        return False
    driven.pause()
    page.page_is_stale = True
    return True


def say_what_is_kept(page: LivePage, driven: Bench | Comparison, kept: Kept[Any]) -> None:
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
                on_click=on_whole_page(page, driven.lock, kept.keeper.copy),
            )
    elif kept.copied:
        with st.container(horizontal=True, vertical_alignment="center", key="copied"):
            st.info(kept.copied)
            st.button(_("Close"), key="close_copied", on_click=partial(setattr, kept, "copied", ""))
    problem = shared_library().problem
    if problem is not None and "told_unsaved" not in st.session_state:
        st.session_state["told_unsaved"] = True
        st.toast(_("Runs are not saved on this server: {reason}").format(reason=problem))


def address_parameter(kept: Kept[Any]) -> dict[str, str]:
    """Return the parameter with the current run's address, or {} if there is no address yet."""
    kept.keeper.has_moved = False
    address = kept.keeper.shown_address if shared_library().problem is None else None
    if address != written().get(PARAMETER):
        st.session_state[_changed()] = time.monotonic()
    return {} if address is None else {PARAMETER: address}


def is_saved(kept: Kept[Any]) -> bool:
    """Whether the current run comes back after a reload of its page."""
    return kept.keeper.address is not None and shared_library().problem is None


def _key(page: str) -> str:
    return f"{page}.reopened"


def _changed() -> str:
    return f"{current_page()}.run_changed"
