"""Lets a visitor download the chosen runs of *My runs* as one bundle."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pglab.config import ConfigError, differences
from pglab.language import _
from pglab.library.encoding import decoded
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.library.take_away import Order
from pglab.ui.controls.sharing.take_along import link_to, order_of, take_along
from pglab.ui.pages.my_runs.desk import say, with_library
from pglab.ui.pages.my_runs.shown_run import ShownRun

MOST_TAKEN = 10  # runs at once: their files are in the server's memory until they are downloaded


def taking(chosen: Sequence[ShownRun]) -> None:
    """Draw the choice of files for the chosen runs. If there are several, each gets a folder."""
    if not 1 <= len(chosen) <= MOST_TAKEN:
        return

    def orders() -> dict[str, Order]:
        return with_library(lambda library: _orders(library, chosen)) or {}

    with st.expander(_("Take along")):
        take_along("my_runs.take_along", orders)


def _orders(library: Library, chosen: Sequence[ShownRun]) -> dict[str, Order]:
    made: dict[str, Order] = {}
    for number, run in enumerate(chosen, start=1):
        try:
            stored = library.load(run.address)
            if stored is None:
                continue
            contents = decoded(stored.data, stored.blocks)
        except (ConfigError, StateError) as error:
            say(str(error))
            continue
        link = link_to(run.place.path, differences(contents.initial_config, run.place.preset))
        folder = f"run-{number}" if len(chosen) > 1 else ""
        made[folder] = order_of(contents, link, name=run.row.name, note=run.row.note)
    return made
