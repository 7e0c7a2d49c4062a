"""Draws the findings of a ladder: its figures and its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError
from pglab.language import _
from pglab.maps.ladder.effects import Effect, RungEffects
from pglab.maps.ladder.findings import Ladder
from pglab.maps.ladder.path import Step
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.words import (
    LETTERS,
    Findings,
    Group,
    change_in_words,
    effect_in_words,
    grouped_findings,
)
from pglab.maps.statistics import interval_of
from pglab.plots.figures import titled
from pglab.plots.maps.ladder import AgentRow, EffectRow, Mark, ladder_figure, path_figure
from pglab.session.side_by_side.contrasts import names_of
from pglab.ui.chapters.chapters import NO_TOOLBAR

LINE = 60  # characters of a line beside the pointer


def show_findings(ladder: Ladder, *, done: bool) -> None:
    """Draw the figures and the sentences of a ladder. The path is missing until `done` is true."""
    findings = grouped_findings(ladder)
    _effects(ladder, findings, done=done)
    if ladder.path is not None:
        _path(ladder, ladder.path, findings)


def _effects(ladder: Ladder, findings: Findings, *, done: bool) -> None:
    rows = [_effect_row(ladder.plan, one) for one in ladder.effects]
    picture, words = st.columns([1, 1], gap="medium")
    with picture:
        figure = ladder_figure(rows, LETTERS, ladder.whole.margin)
        st.plotly_chart(
            titled(figure, "effects", _("Effect of each difference in A and in B")),
            key="compare.ladder.effects",
            config=NO_TOOLBAR,
            alt=_("Effect of each difference in A and in B; the text beside it has each number."),
        )
        st.caption(
            _(
                "Mark: effect of one change, with its interval. Grey: changes within ±{margin:g}, "
                "which are too small to care about."
            ).format(margin=ladder.whole.margin)
        )
    with words:
        st.markdown(f":small[{findings.whole}]")
        for group, heading in _headings(ladder.plan).items():
            sentences = findings.effects.get(group)
            if sentences and (done or group != "no result"):
                st.markdown(f"**{heading}**\n\n{_small(sentences)}")


def _headings(plan: LadderPlan) -> dict[Group, str]:
    return {
        "matters": _("These differences matter"),
        "does not matter": _("These differences do not matter"),
        "cannot be told": _("{seeds} seeds cannot tell").format(seeds=plan.seeds),
        "no result": _("These changes have no result"),
    }


def _path(ladder: Ladder, path: Sequence[Step], findings: Findings) -> None:
    title = _("A path of single changes from A to B")
    st.markdown(f"##### {title}")
    if not path:
        st.markdown(_small(findings.path))
        return
    picture, words = st.columns([1, 1], gap="medium")
    with picture:
        figure = path_figure(_agent_rows(ladder, path), ladder.plan.return_range)
        st.plotly_chart(
            titled(figure, "path", title),
            key="compare.ladder.path",
            config=NO_TOOLBAR,
            alt=_("Return of each agent of the path; the text beside it has the changes."),
        )
        st.caption(_("Mark: interquartile mean, with its interval. Small dot: one seed."))
    with words:
        st.markdown(_small(findings.path))


def _small(sentences: list[str]) -> str:
    return "\n".join(f"- :small[{sentence}]" for sentence in sentences)


def _effect_row(plan: LadderPlan, one: RungEffects) -> EffectRow:
    label = change_in_words(plan, one.rung, beside=False)
    return EffectRow(label, _mark(plan, one.in_a), _mark(plan, one.in_b))


def _mark(plan: LadderPlan, effect: Effect | ConfigError) -> Mark | None:
    if isinstance(effect, ConfigError) or effect.difference is None:
        return None
    found = effect.difference
    return Mark(
        float(found.estimate),
        float(found.interval.low),
        float(found.interval.high),
        _beside_pointer(effect_in_words(plan, effect)),
    )


def _agent_rows(ladder: Ladder, path: Sequence[Step]) -> list[AgentRow]:
    """Return one row for each agent of the path. The path begins with A and ends with B."""
    plan = ladder.plan
    a, b = names_of((plan.a, plan.b))
    rows = [_agent_row(ladder, plan.a, _("A: {name}").format(name=a))]
    for number, step in enumerate(path, start=1):
        change = change_in_words(plan, step.rung, beside=False)
        if step.config != plan.b:
            rows.append(_agent_row(ladder, step.config, f"{number}. {change}"))
    return [*rows, _agent_row(ladder, plan.b, _("B: {name}").format(name=b))]


def _agent_row(ladder: Ladder, config: AgentConfig, label: str) -> AgentRow:
    values = ladder.values[config]
    interval = interval_of(values.returns)
    text = _("{middle:.0f} ({interval} {low:.0f} to {high:.0f})").format(
        middle=values.middle,
        interval=interval.name,
        low=float(interval.low),
        high=float(interval.high),
    )
    mark = Mark(values.middle, float(interval.low), float(interval.high), escape(text))
    return AgentRow(label, mark, values.returns)


def _beside_pointer(text: str) -> str:
    return "<br>".join(map(escape, wrap(text, LINE)))
