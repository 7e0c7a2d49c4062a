"""The page *Compare* shows agents side by side, with common buttons and axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.language import _
from pglab.session.side_by_side.comparison import LENGTHS, Comparison, PastComparison
from pglab.session.side_by_side.contrasts import differences_between, names_of
from pglab.ui.controls.buttons import live_button, on_whole_page, page_button, run_or_pause
from pglab.ui.controls.choices import if_offered, place_of
from pglab.ui.controls.seed_controls import shown_seed_control
from pglab.ui.controls.settings import say_if_not_compiled
from pglab.ui.controls.sharing import kept_run
from pglab.ui.controls.sharing.copy_link import copy_link
from pglab.ui.controls.sharing.kept_run import is_saved, say_what_is_kept
from pglab.ui.controls.sharing.watching import watching_control
from pglab.ui.controls.speed import speed_slider
from pglab.ui.pages.compare import link, settings
from pglab.ui.pages.compare.ladder import LADDER, ladder_section
from pglab.ui.pages.compare.panels import PLAYERS, heatmaps_of, live, mean_return_text, outcome_name
from pglab.ui.pages.compare.state import ComparePage, new_page
from pglab.ui.pages.compare.statistics import statistics
from pglab.ui.pages.compare.stored_curves import chosen_curves, forget, say_which_are_drawn
from pglab.ui.pages.compare.taking import take_sides_along
from pglab.ui.pages.compare.words import difference_text, words
from pglab.ui.shell.address_bar import read_once
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.fragments import fragment, redraw_fragments
from pglab.ui.shell.menu import page_changed
from pglab.ui.shell.page_state import CHAPTERS, LIVE, PANEL_CONTROLS, TRANSPORT
from pglab.ui.shell.problems import show_problems
from pglab.ui.shell.process.warm_up import wait_until_ready
from pglab.ui.shell.visibility import visibility
from pglab.ui.stage.components.recovery import offer_recovery
from pglab.ui.stage.components.skip_links import skip_links
from pglab.ui.stage.page_channel import live_fragment
from pglab.ui.stage.presses import listen
from pglab.ui.stage.projector import projector


def compare_page() -> None:
    """Draw the page *Compare*."""
    require_entry()
    projector()
    wait_until_ready()
    kept_run.follow_address(settings.PAGE, settings.STATE)
    problems = read_once(settings.PAGE, link.read)
    page: ComparePage | None = st.session_state.get(settings.STATE)
    if page is None:
        page = st.session_state[settings.STATE] = new_page()
        kept_run.forget_reopened(settings.PAGE)
    settings.side_controls(partial(_mark_stale, page))
    say_if_not_compiled(settings.compared())
    watching_control(page, page.comparison)
    page.page_is_stale = False
    page.awaits_statistics = False  # the statistics are drawn below
    _adopt_settings(page)
    page.stored = chosen_curves()
    link.write(page)
    show_problems(problems, [], page.comparison.problem)
    say_what_is_kept(page, page.comparison, page.kept)
    page.evidence_drawn = page.tells_evidence
    if not visibility("words", _("What differs, in words"), lockable=False).hidden:
        words(page.comparison, evidence=page.evidence_drawn)
    if not visibility("pairs", _("Ready-made comparisons"), lockable=False).hidden:
        settings.pair_menu(partial(_set_up, page))
    fragment(_transport, TRANSPORT)(page)
    live_fragment(page, _live)(page)
    fragment(_panel_controls, PANEL_CONTROLS)(page)
    fragment(_past, CHAPTERS)(page)
    skip_links(settings.PAGE, chapters=False)
    offer_recovery(settings.PAGE)


def _mark_stale(page: ComparePage) -> None:
    page.page_is_stale = True


def _adopt_settings(page: ComparePage) -> None:
    """Begin a new comparison if the visitor has chosen other agents, settings or seeds."""
    with page.comparison.lock:
        if page_changed():
            page.comparison.pause()
        now = page.comparison
        wanted = settings.compared(), settings.seeds(), settings.first_seed()
        if wanted != (now.configs, now.seeds, now.first_seed):
            page.restart()


def _set_up(page: ComparePage, configs: tuple[AgentConfig, ...]) -> None:
    """Prepare a ready-made comparison, but do not start its training.

    The visitor can guess the result and then press Run.
    """
    with page.comparison.lock:
        settings.compare(configs)
        page.restart()
    _mark_stale(page)


def _live(page: ComparePage) -> None:
    link.write(page)  # a comparison that has begun has an address
    live(page)


def _panel_controls(page: ComparePage) -> None:
    """Draw a switch for the players, a menu for the shown seed, and the heatmaps' controls."""

    def redraw() -> None:
        link.write(page)
        redraw_fragments(LIVE, PANEL_CONTROLS)

    comparison = page.comparison
    heatmaps = heatmaps_of(comparison.configs)
    with st.container(horizontal=True, vertical_alignment="bottom", key="panel_controls"):
        _players_switch(redraw)
        shown_seed_control(
            "compare.shown_seed", comparison.seeds, comparison.first_seed, comparison.show_seed
        )
        axes = visibility("axes", _("Controls of the heatmaps"))
        for env_id, controls in {} if axes.hidden else heatmaps.items():
            if len(heatmaps) > 1:
                st.markdown(f"**{env_id}**", width="content")
            playing = st.session_state.get(PLAYERS, False)
            controls.draw(redraw, playing=playing, locked=axes.locked)
    say_which_are_drawn(page.stored, comparison.configs, partial(_forget_stored, page))


def _players_switch(on_change: Callable[[], None]) -> None:
    label = _("Show the agents playing")
    allowed = visibility("players", label)
    if allowed.hidden:
        return
    st.toggle(
        label,
        st.session_state.get(PLAYERS, False),
        key=PLAYERS,
        help=_("Shows each agent in fresh episodes. At full speed, this makes training slower."),
        persist_state="session",
        on_change=on_change,
        disabled=allowed.locked,
    )


def _forget_stored(page: ComparePage) -> None:
    page.stored = ()
    forget()
    redraw_fragments(LIVE, PANEL_CONTROLS)


def _transport(page: ComparePage) -> None:
    page.redraw_stale_page()
    comparison = page.comparison
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="transport"):
        run_or_pause(comparison)
        for steps, icon, label, shortcut in (
            (1, "skip_next", _("Step"), "s"),
            (1_000, "fast_forward", _("1,000 steps"), "e"),
        ):
            live_button(
                comparison.lock,
                label,
                icon,
                shortcut,
                f"steps_{steps}",
                partial(_advance, comparison, steps),
                disabled=comparison.finished,
                help=_("Pauses training. Then every agent takes the steps named on the button."),
            )
        page_button(
            page,
            comparison.lock,
            _("Reset"),
            "replay",
            "reset",
            page.restart,
            shortcut="b",
            help=_(
                "Begin a new comparison with the same settings and seeds. The old comparison "
                "stays in the return plot and in the table."
            ),
        )
        speed_slider(settings.PAGE, comparison, partial(link.write, page))
        _length_menu(page)
        _guess_menu(page)
        copy_link()


def _length_menu(page: ComparePage) -> None:
    """Draw the menu for the length of the comparison.

    A finished comparison can continue if the visitor chooses a larger length.
    """

    def use(length: int) -> None:
        page.comparison.length = length

    label = _("Length of the comparison")
    allowed = visibility("length", label)
    if allowed.hidden:
        return
    st.selectbox(
        label,
        LENGTHS,
        place_of(settings.LENGTH, LENGTHS),
        format_func=lambda steps: _("{n:,} steps").format(n=steps),
        key=settings.LENGTH,
        persist_state="session",
        label_visibility="collapsed",
        width=150,
        help=_(
            "Number of environment steps of each agent. If the comparison has ended, you can "
            "choose a larger number and press Run to continue."
        ),
        on_change=on_whole_page(
            page, page.comparison.lock, partial(if_offered, settings.LENGTH, LENGTHS, use)
        ),
        disabled=allowed.locked,
    )


def _guess_menu(page: ComparePage) -> None:
    """Draw the menu for the visitor's guess; after the first step, the menu is disabled."""
    comparison = page.comparison
    key = f"compare.guess.{page.restarts}"
    label = _("Your guess: which side is ahead at the end?")
    allowed = visibility("guess", label)
    if allowed.hidden:
        return

    def note() -> None:
        if not comparison.global_step:
            page.bench.guess = st.session_state.get(key)
        redraw_fragments(LIVE)

    st.selectbox(
        label,
        range(len(comparison.names) + 1),
        index=page.guess,
        format_func=partial(outcome_name, comparison),
        placeholder=_("Guess: who is ahead?"),
        key=key,
        label_visibility="collapsed",
        width=210,
        disabled=allowed.locked or comparison.global_step > 0,
        help=_(
            "A side is one agent with all its seeds. The side with the highest mean of the last "
            "100 returns is ahead. If the two highest means differ by less than 5 % of the range "
            "of possible returns, the sides are about equal."
        ),
        on_change=note,
    )


def _advance(comparison: Comparison, steps: int) -> None:
    comparison.pause()
    comparison.advance(steps)


def _row(past: PastComparison) -> dict[str, str]:
    texts = [difference_text(d).replace("**", "") for d in differences_between(past.configs)]
    returns = (
        f"{name} {mean_return_text(facts)}"
        for name, facts in zip(names_of(past.configs), past.facts, strict=True)
    )
    return {
        _("comparison"): str(past.number),
        _("pair"): settings.pair_title(past.configs),
        _("seeds"): _seed_range(past.first_seed, past.seeds),
        _("environment steps"): f"{past.global_step:,}",
        _("mean returns"): " · ".join(returns),
        _("what differs"): " · ".join(texts) or _("nothing"),
    }


def _seed_range(first: int, seeds: int) -> str:
    return str(first) if seeds == 1 else f"{first}–{first + seeds - 1}"


def _past(page: ComparePage) -> None:
    with st.container():  # so that the elements below stay the same
        if not visibility("statistics", _("Statistics"), lockable=False).hidden:
            statistics(page)
        _earlier(page)
    with st.container(key="ladder"):
        if not visibility("ladder", _("Ladder"), lockable=False).hidden:
            fragment(ladder_section, LADDER)(page.comparison.configs)
    if not visibility("take_along", _("Take along"), lockable=False).hidden:
        with st.expander(_("Take along")):
            take_sides_along(page)
    comparison = page.comparison
    begun = comparison.running or comparison.global_step > 0 or bool(page.past)
    listen(unsaved=begun and not is_saved(page.kept))


def _earlier(page: ComparePage) -> None:
    if page.past:
        st.markdown("##### " + _("Earlier comparisons of this visit"))
        st.caption(
            _(
                "A mean return is the mean of the last 100 returns of one seed. For several seeds, "
                "the table shows the median, the lowest and the highest mean return."
            )
        )
        st.dataframe([_row(past) for past in reversed(page.past)], hide_index=True)
