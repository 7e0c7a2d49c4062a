"""The list of the visitor's runs: search, order, pages, and the table with its chosen rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from pglab.curves import SMOOTHING_EPISODES
from pglab.environments import ENVIRONMENTS
from pglab.language import N_, _, ngettext
from pglab.library.model_card.words import outcome_name
from pglab.library.store.library import Library
from pglab.library.store.runs.kept import Summary
from pglab.library.store.runs.listing import SortOrder
from pglab.library.store.runs.summary import curve_of
from pglab.library.store.tidying import Quotas
from pglab.ui.controls.choices import place_of
from pglab.ui.pages.my_runs.shown_run import ShownRun, shown
from pglab.ui.shell.owner import owner

RUNS_PER_PAGE = 50
ORDERS: dict[SortOrder, str] = {
    "date": N_("Last save"),
    "name": N_("Name"),
    "agent": N_("Agent"),
    "steps": N_("Most steps"),
    "return": N_("Highest return"),
}
LONGEST_SEARCH = 200
MOST_NUMBERS = 7  # of pages that are visible at once
NUMBER_WIDTH = 44  # pixels; without a width in pixels, Streamlit hides most numbers

_SEARCH = "my_runs.search"
_ORDER = "my_runs.order"
_PAGE = "my_runs.page"


@dataclass(frozen=True)
class Listing:
    """One page of the list of runs that the search has found."""

    runs: Sequence[ShownRun]
    page: int
    pages: int
    total: int  # on all pages
    search: str
    quotas: Quotas
    notice: str | None  # what happened when the library was opened


def read(library: Library) -> Listing:
    """Read the page of the list that the controls ask for.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    search, orders = str(st.session_state.get(_SEARCH) or "").strip(), list(ORDERS)
    total = library.count_of(owner(), search=search)
    pages = max(1, -(-total // RUNS_PER_PAGE))
    page = min(max(st.session_state.get(_PAGE, 1), 1), pages)
    rows = library.runs_of(
        owner(),
        search=search,
        order=orders[place_of(_ORDER, orders)],
        limit=RUNS_PER_PAGE,
        offset=(page - 1) * RUNS_PER_PAGE,
    )
    runs = [shown(row) for row in rows]
    return Listing(runs, page, pages, total, search, library.quotas, library.notice)


def search_and_order() -> None:
    """Draw the search field and the menu for the order."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="my_runs_search"):
        st.text_input(
            _("Search"),
            st.session_state.get(_SEARCH, ""),
            max_chars=LONGEST_SEARCH,
            key=_SEARCH,
            placeholder=_("for example: CartPole solved"),
            help=_(
                "Shows the runs that match each word. A word can be part of the name or the note, "
                "or one of: reinforce, shared, split, on_policy, replay, CartPole, Acrobot, "
                "MountainCar, solved, total_steps, diverged."
            ),
            persist_state="session",
            on_change=_back_to_first_page,
        )
        orders = list(ORDERS)
        st.selectbox(
            _("Sort by"),
            orders,
            place_of(_ORDER, orders),
            format_func=lambda order: _(ORDERS[order]),
            key=_ORDER,
            width=170,
            persist_state="session",
            on_change=_back_to_first_page,
        )


def _back_to_first_page() -> None:
    st.session_state[_PAGE] = 1


def pages(listing: Listing, chosen: Sequence[ShownRun]) -> None:
    """If the list has several pages, draw their numbers. Say which runs the table shows."""
    with st.container(horizontal=True, vertical_alignment="center", key="my_runs_pages"):
        if listing.pages > 1:
            st.pagination(
                listing.pages,
                default=listing.page,
                key=_PAGE,
                max_visible_pages=MOST_NUMBERS,
                width=NUMBER_WIDTH * (min(listing.pages, MOST_NUMBERS) + 2),
                persist_state="session",
            )
        st.caption(f"{_shown_in_words(listing)} {_chosen_in_words(chosen)}", width="content")


def _shown_in_words(listing: Listing) -> str:
    if listing.pages == 1:
        return ngettext("{n:,} run.", "{n:,} runs.", listing.total).format(n=listing.total)
    before = (listing.page - 1) * RUNS_PER_PAGE
    return _("Runs {first:,} to {last:,} of {n:,}.").format(
        first=before + 1, last=before + len(listing.runs), n=listing.total
    )


def _chosen_in_words(chosen: Sequence[ShownRun]) -> str:
    if not chosen:
        return _("Choose runs with the boxes on the left, or with the arrow keys and Shift+Space.")
    sentence = ngettext("{n} run is chosen.", "{n} runs are chosen.", len(chosen))
    sentence = sentence.format(n=len(chosen))
    seeds = [run.summary.seed for run in chosen]
    if len(seeds) == 2 and seeds[0] != seeds[1]:
        sentence += " " + _(
            "Side by side, both train with seed {seed}, the seed of the first run."
        ).format(seed=seeds[0])
    return sentence


def table(listing: Listing) -> list[ShownRun]:
    """Draw the table, and return the runs whose rows the visitor has chosen.

    Streamlit remembers the places of the chosen rows. So the table's key depends on the runs: if
    the list changes, a new table is drawn, in which no row is chosen.
    """
    runs = listing.runs
    addresses = " ".join(run.address for run in runs)
    key = f"my_runs.table.{hashlib.sha256(addresses.encode()).hexdigest()[:16]}"
    with st.container(key="my_runs_table"):
        event: Any = st.dataframe(
            pd.DataFrame([_cells(run) for run in runs]),
            hide_index=True,
            column_order=_columns(runs),
            column_config=_column_config(),
            key=key,
            on_select="rerun",
            selection_mode="multi-row",
            placeholder="–",
            alt=_("Table of your runs"),
        )
    return [runs[place] for place in sorted(event.selection.rows) if place < len(runs)]


def _cells(run: ShownRun) -> dict[str, Any]:
    summary = run.summary
    return {
        "pinned": _("yes") if run.row.pinned else "",
        "name": run.row.name,
        "agent": _(run.place.title),
        "settings": run.differing or _("none"),
        "curve": _percentages(summary),
        "return": summary.mean_return,
        "steps": summary.global_step,
        "episodes": summary.episodes,
        "outcome": outcome_name(summary.outcome),
        "saved": run.row.saved,
        "note": " ".join(run.row.note.split()),
    }


def _percentages(summary: Summary) -> list[float]:
    """Return the run's curve in percent; 0 and 100 are the lowest and highest possible return."""
    returns = curve_of(summary).returns
    if summary.environment not in ENVIRONMENTS:
        return []
    low, high = ENVIRONMENTS[summary.environment].return_range
    percentages: list[float] = (100 * (returns - low) / (high - low)).round(1).tolist()
    return percentages


def _columns(runs: Sequence[ShownRun]) -> list[str]:
    """Return the columns to show, in order, without optional columns that are empty."""
    order = ("pinned", "name", "agent", "settings", "curve", "return", "steps", "episodes")
    optional = {
        "pinned": any(run.row.pinned for run in runs),
        "name": any(run.row.name for run in runs),
        "note": any(run.row.note for run in runs),
    }
    return [c for c in (*order, "outcome", "saved", "note") if optional.get(c, True)]


def _column_config() -> dict[str, Any]:
    column = st.column_config
    return {
        "pinned": column.TextColumn(_("pinned"), width=62),
        "name": column.TextColumn(_("name"), width=120),
        "agent": column.TextColumn(_("agent"), width=100),
        "settings": column.TextColumn(
            _("settings"),
            width=150,
            help=_("The settings at the last save that differ from the defaults of the page."),
        ),
        "curve": column.LineChartColumn(
            _("returns"),
            width=90,
            help=_(
                "Mean of {n} returns, from the first episode to the last, in percent: 0 is the "
                "least and 100 the greatest possible return."
            ).format(n=SMOOTHING_EPISODES),
            y_min=0,
            y_max=100,
        ),
        "return": column.NumberColumn(
            _("mean return"), format="%.1f", width=92, help=_("Mean of the last 100 returns.")
        ),
        "steps": column.NumberColumn(
            _("steps"), format="localized", width=72, help=_("Environment steps.")
        ),
        "episodes": column.NumberColumn(_("episodes"), format="localized", width=76),
        "outcome": column.TextColumn(_("outcome"), width=95),
        "saved": column.DatetimeColumn(
            _("last save"), format="YYYY-MM-DD HH:mm", timezone=st.context.timezone, width=128
        ),
        "note": column.TextColumn(_("note"), width=200),
    }
