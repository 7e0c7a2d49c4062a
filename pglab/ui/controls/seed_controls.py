"""The controls for several seeds at once: the number of seeds, and the seed to show."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pglab.config import SEEDS, Link
from pglab.language import _
from pglab.session.seeds.group import MOST_SEEDS
from pglab.ui.controls.choices import if_offered, settle
from pglab.ui.controls.lab import Lab
from pglab.ui.shell.fragments import redraw_fragments
from pglab.ui.shell.page_state import LIVE
from pglab.ui.shell.visibility import SEVERAL_SEEDS, visibility

PARAMETER = "seeds"  # the address parameter with the number of seeds


def seed_controls(lab: Lab) -> None:
    """Draw the controls of the seeds in the sidebar, and give their values to `lab.bench`."""
    key = f"{lab.key}.seeds"
    st.session_state.setdefault(key, 1)

    def changed() -> None:
        lab.page_is_stale = True

    with st.sidebar:
        _seed_slider(key, changed)
        with lab.bench.lock:
            lab.bench.seeds = st.session_state[key]
        bench = lab.bench
        first = bench.session.config.seed
        shown_seed_control(f"{lab.key}.shown_seed", bench.seeds, first, bench.show_seed)


def _seed_slider(key: str, changed: Callable[[], None]) -> None:
    label = _("Seeds at once")
    allowed = visibility(SEVERAL_SEEDS, label)
    if allowed.hidden:
        return
    st.slider(
        label,
        1,
        MOST_SEEDS,
        st.session_state[key],
        key=key,
        persist_state="session",
        on_change=changed,
        disabled=allowed.locked,
        help=_(
            "Trains one run for each seed. All runs have the same settings; their seeds are "
            "consecutive numbers. With more seeds, you see more clearly how much of a result "
            "is luck, but training takes longer."
        ),
    )


def read_link(page: str, link: Link) -> None:
    """Set the control to the number of seeds that the link names."""
    number = link.whole_number(PARAMETER, _("Seeds at once"), 1, MOST_SEEDS, 1)
    st.session_state[f"{page}.seeds"] = number


def link_parameters(lab: Lab) -> dict[str, str]:
    """Return the address parameter with the number of seeds, or {} for one seed."""
    return {PARAMETER: str(lab.bench.seeds)} if lab.bench.seeds > 1 else {}


def shown_seed_control(key: str, count: int, first: int, show: Callable[[int], None]) -> None:
    """Let the visitor choose the seed to show, and call `show` with the index of this seed.

    If there is only one seed, no menu is drawn. The seeds are consecutive numbers. The seed `first`
    has index 0.
    """
    if count == 1:
        show(0)
        return

    def changed() -> None:
        if_offered(key, range(count), show)
        redraw_fragments(LIVE)

    shown = settle(key, range(count), 0)
    st.selectbox(
        _("Player and heatmaps show"),
        range(count),
        shown,
        format_func=lambda number: _("seed {seed}").format(seed=(first + number) % SEEDS),
        key=key,
        persist_state="session",
        on_change=changed,
    )
    show(shown)
