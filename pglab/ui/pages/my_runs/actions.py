"""The buttons of *My runs*: what the visitor can do with the chosen runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pglab.config import quoted
from pglab.language import _, ngettext
from pglab.library.store.library import Library
from pglab.ui.pages.my_runs.desk import with_library
from pglab.ui.pages.my_runs.going import compare_curves, open_run, train_side_by_side
from pglab.ui.pages.my_runs.shown_run import ShownRun
from pglab.ui.shell.owner import owner
from pglab.ui.shell.problems import literal

MOST_COMPARED = 4

_TO_DELETE = "my_runs.to_delete"


def actions(chosen: Sequence[ShownRun]) -> None:
    """Draw the row of buttons for the chosen runs. Each button has its own function."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="my_runs_actions"
    ):
        _open(chosen)
        _compare_curves(chosen)
        _train_side_by_side(chosen)
        _pin(chosen)
        _delete(chosen)
    _confirm_deletion(chosen)


def _open(chosen: Sequence[ShownRun]) -> None:
    if st.button(
        _("Open run"),
        icon=":material/play_circle:",
        key="open_run",
        type="primary",
        disabled=len(chosen) != 1,
        help=_("Opens one run on the page of its agent, paused where it stood."),
    ):
        (run,) = chosen
        with_library(lambda library: open_run(library, run.place, run.address))
        st.rerun()  # the page could not be left, and then says why


def _compare_curves(chosen: Sequence[ShownRun]) -> None:
    if st.button(
        _("Compare curves"),
        icon=":material/show_chart:",
        key="compare_curves",
        disabled=not 1 <= len(chosen) <= MOST_COMPARED,
        help=_(
            "Draws the stored curves of up to {n} runs as dotted lines in the return plot of the "
            "page Compare."
        ).format(n=MOST_COMPARED),
    ):
        compare_curves(chosen)


def _train_side_by_side(chosen: Sequence[ShownRun]) -> None:
    configs = [run.config for run in chosen if run.config is not None]
    if st.button(
        _("Train side by side"),
        icon=":material/compare_arrows:",
        key="train_side_by_side",
        disabled=not len(configs) == len(chosen) == 2,
        help=_(
            "Opens the page Compare with the settings of two runs. Both agents train anew there, "
            "with the same seed."
        ),
    ):
        train_side_by_side(configs)


def _pin(chosen: Sequence[ShownRun]) -> None:
    unpin = bool(chosen) and all(run.row.pinned for run in chosen)

    def press() -> None:
        with_library(partial(_set_pinned, [run.address for run in chosen], not unpin))

    st.button(
        _("Unpin") if unpin else _("Pin"),
        icon=":material/keep_off:" if unpin else ":material/keep:",
        key="pin_runs",
        disabled=not chosen,
        on_click=press,
        help=_("Pinned runs stay, also when older runs are deleted to make room."),
    )


def _set_pinned(addresses: Sequence[str], pinned: bool, library: Library) -> None:
    for address in addresses:
        library.annotate(owner(), address, pinned=pinned)


def _delete(chosen: Sequence[ShownRun]) -> None:
    def ask() -> None:
        st.session_state[_TO_DELETE] = [run.address for run in chosen]

    st.button(
        _("Delete"),
        icon=":material/delete:",
        key="delete_runs",
        disabled=not chosen,
        on_click=ask,
        help=_("The page asks before it deletes."),
    )


def _confirm_deletion(chosen: Sequence[ShownRun]) -> None:
    """Ask whether to delete the runs. If the visitor chooses other runs, drop the question."""
    addresses = [run.address for run in chosen]
    if not addresses or st.session_state.get(_TO_DELETE) != addresses:
        st.session_state.pop(_TO_DELETE, None)
        return

    def delete() -> None:
        st.session_state.pop(_TO_DELETE, None)
        deleted = with_library(lambda library: library.delete(owner(), addresses))
        if deleted is not None:
            st.toast(
                ngettext("{n} run was deleted.", "{n} runs were deleted.", deleted).format(
                    n=deleted
                )
            )

    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="confirm_deletion"
    ):
        st.warning(literal(_question(chosen)))
        count = len(chosen)
        st.button(
            ngettext("Delete {n} run", "Delete {n} runs", count).format(n=count),
            key="delete_now",
            on_click=delete,
        )
        st.button(
            _("Cancel"), key="keep_runs", on_click=lambda: st.session_state.pop(_TO_DELETE, None)
        )


def _question(chosen: Sequence[ShownRun]) -> str:
    count = len(chosen)
    sentences = [
        ngettext(
            "Delete {n} run? It cannot be restored.",
            "Delete {n} runs? They cannot be restored.",
            count,
        ).format(n=count)
    ]
    pinned = [quoted(run.title) for run in chosen if run.row.pinned]
    if pinned:
        sentences.append(_("Pinned: {names}.").format(names=", ".join(pinned)))
    return " ".join(sentences)
