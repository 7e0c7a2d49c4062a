"""Statistics that compare the two agents of a paused comparison over all seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from pglab.language import _
from pglab.maps.plan import FEWEST_SEEDS
from pglab.maps.statistics import MOST_SEEDS, Estimate
from pglab.maps.two_agents import TwoAgents, compared
from pglab.plots.figures import titled
from pglab.plots.maps.profile import Profile, profile_figure
from pglab.session.side_by_side.comparison import Comparison
from pglab.ui.chapters.chapters import NO_TOOLBAR
from pglab.ui.pages.compare.state import ComparePage

PROFILE = "compare.profile"
POINTS = 101  # of a performance profile
HEIGHT = 300  # pixels


def statistics(page: ComparePage) -> None:
    """Draw the statistics of two agents. They first appear when the comparison pauses."""
    comparison = page.comparison
    if len(comparison.configs) != 2 or not comparison.global_step:
        return
    if len({config.env_id for config in comparison.configs}) > 1:
        st.caption(_("Returns of different environments cannot be compared."))
        return
    if comparison.seeds < FEWEST_SEEDS:
        st.caption(
            _(
                "One or two seeds are an anecdote. With at least {fewest} seeds per side, "
                "statistics appear here when the comparison is paused."
            ).format(fewest=FEWEST_SEEDS)
        )
        return
    found = _statistics_of(page, comparison)
    if found is None:
        return
    if isinstance(found, str):
        st.caption(found)
        return
    st.markdown(" ".join(f":small[{sentence}]" for sentence in _sentences(comparison.names, found)))
    if st.toggle(
        _("Show the performance profile"),
        st.session_state.get(PROFILE, False),
        key=PROFILE,
        persist_state="session",
        help=_("Shows which share of the seeds has a return above each threshold."),
    ):
        _draw_profile(comparison.names, found)


def _statistics_of(page: ComparePage, comparison: Comparison) -> TwoAgents | str | None:
    """Return the statistics of the last pause, or a sentence if there are too few data.

    The result is None if the comparison has not paused yet.
    """
    with comparison.lock:
        page.awaits_statistics = comparison.busy
        moment = (page.restarts, comparison.steps_of_all)
        if not comparison.busy and (page.statistics is None or page.statistics[0] != moment):
            sides = [side.sessions for side in comparison.sides]
            page.statistics = moment, compared(sides, comparison.steps_of_all)
    if page.statistics is None or page.statistics[0][0] != page.restarts:
        return None
    return page.statistics[1] or _(
        "Too few episodes have ended in the last tenth of the steps for statistics."
    )


def _sentences(names: Sequence[str], found: TwoAgents) -> Iterator[str]:
    a, b = names
    first, second = found.middles
    yield _(
        "**Last tenth of {steps:,} steps, {seeds} seeds.** Interquartile mean of the return: "
        "{first} for {a} and {second} for {b}."
    ).format(
        steps=found.steps, seeds=found.seeds, a=a, first=_text(first), b=b, second=_text(second)
    )
    yield _("Probability that a run of {b} has a higher return than a run of {a}: {share}.").format(
        a=a, b=b, share=_text(found.improvement, percent=True)
    )
    if found.needed is None:
        yield _("Even {most:,} seeds per side would probably not tell the two apart.").format(
            most=MOST_SEEDS
        )
    else:
        yield _(
            "It takes about {needed} seeds per side to tell the two apart; this is a rough guess "
            "from these seeds."
        ).format(needed=found.needed)
    if found.diverged:
        yield _("Each of the {n} diverged runs counts as the lowest return.").format(
            n=found.diverged
        )


def _text(one: Estimate, *, percent: bool = False) -> str:
    """Return an estimate and its interval as text, in whole numbers or in percent."""
    numbers = (float(one.estimate), float(one.interval.low), float(one.interval.high))
    middle, low, high = (
        f"{100 * number:.0f} %" if percent else f"{number:.0f}".replace("-", "−")
        for number in numbers
    )
    return _("{middle} ({interval} {low} to {high})").format(
        middle=middle, interval=one.interval.name, low=low, high=high
    )


def _draw_profile(names: Sequence[str], found: TwoAgents) -> None:
    thresholds, estimates = found.profiles(POINTS)
    profiles = [
        Profile(name, one.estimate, one.interval.low, one.interval.high)
        for name, one in zip(names, estimates, strict=True)
    ]
    st.plotly_chart(
        titled(profile_figure(thresholds, profiles), "profile", _("Seeds above each return")),
        key="compare.profile_figure",
        height=HEIGHT,
        config=NO_TOOLBAR,
        alt=_("share of the seeds of both agents above each return"),
    )
    st.caption(_("Band: 95 % interval of each share. The higher a curve, the better the agent."))
