"""Opens a page from a link. The former state of the page is removed first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from pglab.agent_places import place_at
from pglab.classroom.place import HOME
from pglab.library.keeping.saver import shared_library
from pglab.library.store.library import Library
from pglab.ui.controls import lab
from pglab.ui.controls.sharing import kept_run
from pglab.ui.pages.compare import settings as compare
from pglab.ui.shell.address_bar import read_again
from pglab.ui.shell.page_state import forget


def go_to(page: str, parameters: Mapping[str, str]) -> None:
    """Open a page with the parameters of a link. The former run of this page is saved first.

    Args:
        page: one of `classroom.place.PAGES`.
        parameters: the parameters of the link.
    """
    key = key_of(page)
    if _gave_up(page):
        forget(key)
    read_again(key)
    st.switch_page(script_of(page), query_params=dict(parameters))


def key_of(page: str) -> str:
    """Return the text with which the keys of a page's controls begin."""
    place = place_at(page)
    return page if place is None else place.key


def script_of(page: str) -> str:
    """Return the path of a page's script."""
    return f"pages/{page}.py"


def page_of_path(path: str) -> str:
    """Return the name that lessons use for the page with this path in the address."""
    return path or HOME


def _gave_up(page: str) -> bool:
    """Save and remove the run of a page. If the run cannot be saved, keep it and return False."""
    if place_at(page) is not None:
        leave = partial(lab.leave, key_of(page))
    elif page == compare.PAGE:
        leave = partial(kept_run.leave, compare.PAGE, compare.STATE)
    else:
        return True

    def left(library: Library) -> bool:
        leave(library)
        return True

    return shared_library().use(left) or False
