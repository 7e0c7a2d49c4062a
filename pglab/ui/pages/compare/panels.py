"""Draws the curves, heatmaps, players, numbers and table of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import streamlit as st

from pglab import palette
from pglab.algorithms.agents import AgentConfig
from pglab.curves import SMOOTHING_UPDATES, UsualBand
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.looks.probes import Slice
from pglab.plots.comparison import SideCurves, returns_figure, updates_figure
from pglab.plots.figures import step_limit
from pglab.session.side_by_side.comparison import Comparison, leader, overlays
from pglab.session.side_by_side.contrasts import LETTERS
from pglab.session.side_by_side.forecast import duration_text
from pglab.session.side_by_side.side import Facts, Side, middle_of
from pglab.ui.controls.heatmap_controls import HeatmapControls
from pglab.ui.controls.sharing.kept_run import is_outdated
from pglab.ui.pages.compare.state import ComparePage
from pglab.ui.pages.compare.stored_curves import drawn_curves
from pglab.ui.stage.page_channel import show
from pglab.ui.stage.panels.heatmaps import policy_panel
from pglab.ui.stage.panels.scenery import Maps, View
from pglab.ui.stage.picture import (
    FigurePanel,
    Number,
    Panel,
    PendingPanel,
    Picture,
    Progress,
    Table,
)

PLAYERS = "compare_players"
FEW_SEEDS = 3


def heatmaps_of(configs: Sequence[AgentConfig]) -> dict[str, HeatmapControls]:
    """Return the heatmap controls of each environment; agent A's environment comes first."""
    found: dict[str, HeatmapControls] = {}
    for config in configs:
        env_id = config.env_id
        prefix = "b." if found else ""
        info = ENVIRONMENTS[env_id]
        found.setdefault(env_id, HeatmapControls(f"compare.{env_id}", info, prefix=prefix))
    return found


def live(page: ComparePage) -> None:
    """Draw the stage: numbers, progress bar, panels and a table."""
    page.page_is_stale |= _must_tell(page)
    page.redraw_stale_page()
    comparison = page.comparison
    views = {
        env_id: controls.view() for env_id, controls in heatmaps_of(comparison.configs).items()
    }
    playing = st.session_state.get(PLAYERS, False)
    show(
        page,
        comparison,
        partial(_picture, page, comparison, views, playing=playing),
        partial(_is_outdated, page, comparison),
    )


def _is_outdated(page: ComparePage, comparison: Comparison) -> bool:
    return is_outdated(page, comparison, page.kept) or _must_tell(page)


def _must_tell(page: ComparePage) -> bool:
    """True if the page could now show results that it did not show when it was last drawn."""
    return page.tells_evidence != page.evidence_drawn or page.may_tell_statistics


def _picture(
    page: ComparePage,
    comparison: Comparison,
    views: Mapping[str, View],
    *,
    playing: bool,
    resume: bool,
) -> Picture:
    if page.comparison is not comparison:
        raise TimeoutError  # a new comparison has begun, and a script will soon draw it
    facts = [side.facts() for side in comparison.sides]
    return Picture(
        _panels(page, comparison, views, playing=playing, resume=resume),
        _numbers(comparison, facts),
        _progress(page, facts),
        Table(comparison.names, palette.SIDES, _rows(facts, comparison.seeds)),
        more=playing and any(page.player(n).has_more for n in range(len(comparison.sides))),
    )


def _panels(
    page: ComparePage,
    comparison: Comparison,
    views: Mapping[str, View],
    *,
    playing: bool,
    resume: bool,
) -> list[Panel]:
    sides = comparison.sides
    earlier = overlays(page.past, comparison.configs)
    from_library = drawn_curves(page.stored, comparison.configs)
    stored = [side.stored if page.evidence_drawn else None for side in sides]
    ends = [curve.steps for curve in (*earlier, *from_library)]
    ends += [side.stored.steps for side in sides if side.stored is not None]
    compared = [float(steps[-1]) for steps in ends]
    limit = step_limit(comparison.global_step, comparison.total_steps, compared)
    drawn: list[Panel] = [
        FigurePanel(
            "returns",
            _("Returns"),
            _returns_subtitle(comparison, stored, bool(earlier), bool(from_library)),
            returns_figure(
                list(map(_side_curves, comparison.names, palette.SIDES, sides, stored)),
                limit,
                _return_range(sides),
                [*earlier, *from_library],
            ),
            detail=_(
                "The band contains the middle half of the seeds' curves. Faint lines show stored "
                "runs with the same settings. Dotted lines show earlier comparisons, and stored "
                "runs that you have chosen in My runs."
            ),
            alt=_("Plot of the smoothed returns of all agents over environment steps."),
        ),
        _beside_returns(comparison, limit),
    ]
    for index, side in enumerate(sides):
        view = views[side.config.env_id]
        drawn += _side_panels(page, index, view, playing=playing, resume=resume)
    return drawn


def _side_panels(
    page: ComparePage, index: int, view: View, *, playing: bool, resume: bool
) -> list[Panel]:
    """Return one agent's panels: its policy's heatmap and, if `playing` is true, its player."""
    side = page.comparison.sides[index]
    key, heading = f"policy_{LETTERS[index]}", page.heading(index)
    if not playing:
        return [_heatmap(side, [view.plane], view, key, None, heading)]
    showing = page.player(index).show(side, view.plane, follows=view.follows, resume=resume)
    player = showing.panel
    return [player, _heatmap(side, showing.planes, view, key, player.key, heading)]


def _heatmap(
    side: Side, planes: Sequence[Slice], view: View, key: str, playhead: str | None, heading: str
) -> PendingPanel:
    maps = Maps(side.shown_session.networks, planes)
    return policy_panel(maps, view, key, playhead, heading)


def _side_curves(name: str, colour: str, side: Side, stored: UsualBand | None) -> SideCurves:
    curves = side.curves()
    band = side.band(curves)
    middle = middle_of(curves, band)
    return SideCurves(name, colour, curves, middle, side.points(), band, stored)


def _beside_returns(comparison: Comparison, limit: float) -> FigurePanel:
    """Return the panel beside the return plot.

    The panel shows the interference of the two losses on a shared body. If no agent has a shared
    body, the panel shows the entropy of the policies.
    """
    sides, everyone = comparison.sides, _named(comparison)
    shown = [named for named in everyone if named[2].shares_body]
    most = max(float(np.log(len(ENVIRONMENTS[s.config.env_id].actions))) for s in sides)
    column, label, span = ("cosine", _("cosine"), (-1.0, 1.0))
    title = _("Interference")
    subtitle = _("cosine of the loss gradients · first seed · mean of {n} updates")
    if not shown:
        shown = everyone
        column, label, span = ("entropy", _("entropy"), (0.0, most))
        title = _("Entropy of the policy")
        subtitle = _("entropy (nats) · first seed · mean of {n} updates")
    subtitle = subtitle.format(n=SMOOTHING_UPDATES)
    curves = [(name, colour, side.updates(column)) for name, colour, side in shown]
    return FigurePanel(
        column,
        title,
        subtitle,
        updates_figure(curves, limit, label, span),
        patient=True,
        alt=f"{title}: {subtitle}",
    )


def _named(comparison: Comparison) -> list[tuple[str, str, Side]]:
    return list(zip(comparison.names, palette.SIDES, comparison.sides, strict=False))


def _return_range(sides: Sequence[Side]) -> tuple[float, float]:
    ranges = [ENVIRONMENTS[side.config.env_id].return_range for side in sides]
    return min(low for low, _high in ranges), max(high for _low, high in ranges)


def _returns_subtitle(
    comparison: Comparison,
    stored: Sequence[UsualBand | None],
    earlier: bool,
    from_library: bool,
) -> str:
    parts = [_seeds_in_words(comparison)]
    if labels := dict.fromkeys(band.label for band in stored if band is not None):
        parts.append(_("faint: {seeds}").format(seeds=", ".join(labels)))
    if earlier:
        parts.append(_("dotted: earlier"))
    if from_library:
        parts.append(_("dotted: My runs"))
    return " · ".join(parts)


def _seeds_in_words(comparison: Comparison) -> str:
    first = comparison.first_seed
    if comparison.seeds == 1:
        return _("one seed ({seed}): perhaps chance").format(seed=first)
    text = _("{n} seeds (first: {first}), {step:,} steps").format(
        n=comparison.seeds, first=first, step=comparison.steps_of_all
    )
    return text if comparison.seeds > FEW_SEEDS else text + _(" · few seeds")


def _numbers(comparison: Comparison, facts: Sequence[Facts]) -> list[Number]:
    rate = comparison.forecast.steps_per_second if comparison.running else None
    numbers = [
        Number(
            _("environment steps each"),
            f"{comparison.global_step:,}",
            _(
                "Number of environment steps that each agent has taken with the first seed. Runs "
                "with the other seeds may have taken fewer steps."
            ),
        )
    ]
    for name, of_side in zip(comparison.names, facts, strict=True):
        mean = of_side.mean_return
        numbers.append(
            Number(
                _("{name}: return").format(name=name),
                "–" if mean is None else _number(mean[0]),
                _("Mean of the last 100 returns; for several seeds, the median of the means."),
            )
        )
    numbers.append(
        Number(
            _("steps/s of each agent"),
            "–" if rate is None else f"{rate:,.0f}",
            _("Environment steps per second of the slowest seed, over the last ten seconds."),
        )
    )
    return numbers


def _progress(page: ComparePage, facts: Sequence[Facts]) -> Progress:
    comparison = page.comparison
    done, total = comparison.steps_of_all, comparison.total_steps
    if not comparison.global_step:
        who = _(" and ").join(comparison.names)
        if len(comparison.names) > 2:
            who = _("{n} agents").format(n=len(comparison.names))
        parts = [
            _("{who}: {total:,} steps each").format(who=who, total=total),
            _("make a guess, then press Run"),
        ]
    else:
        told = _("{done:,} of {total:,} steps")
        if done < comparison.global_step:
            told = _("slowest seed: {done:,} of {total:,} steps")
        parts = [told.format(done=done, total=total)]
        left = comparison.forecast.seconds_left(total - done) if comparison.running else None
        if left is not None and done < total:
            parts.append(_("{time} left").format(time=duration_text(*left)))
        elif comparison.running:
            parts.append(_("estimating the time left"))
        elif comparison.busy:
            parts.append(
                _("the other seeds train up to step {n:,}").format(n=comparison.global_step)
            )
    if page.guess is not None:
        parts.append(_("your guess: {name}").format(name=outcome_name(comparison, page.guess)))
        ahead = leader(facts, comparison.configs)
        if comparison.finished and ahead is not None:
            parts.append(_("result: {name}").format(name=outcome_name(comparison, ahead)))
    return Progress(done / total if total else 0.0, " · ".join(parts), None)


def outcome_name(comparison: Comparison, number: int) -> str:
    """Return the name of the agent with the index `number`.

    If `number` equals the number of agents, return "about equal".
    """
    names = (*comparison.names, _("about equal"))
    return names[number]


def _rows(facts: Sequence[Facts], seeds: int) -> dict[str, list[str]]:
    """Return the rows of the table; each row has a name and one text for each agent."""
    if seeds == 1:
        returns = _("mean of the last 100 returns, one seed")
        steps = _("gradient steps of one seed, all optimisers together")
    else:
        returns = _("mean of the last 100 returns, median of {n} seeds (least to greatest)").format(
            n=seeds
        )
        steps = _("gradient steps of {n} seeds, all optimisers together").format(n=seeds)
    return {
        returns: [mean_return_text(of) for of in facts],
        _("parameters of the networks"): [f"{of.parameters:,}" for of in facts],
        steps: [f"{of.gradient_steps:,}" for of in facts],
        _("processor time for 1,000 environment steps (ms)"): [
            _or_dash(of.milliseconds_per_1000_steps, ",.0f") for of in facts
        ],
        _("share of updates with opposed gradients on a shared body"): [
            _or_dash(of.opposed, ".0%") for of in facts
        ],
    }


def mean_return_text(facts: Facts) -> str:
    """Return a text with the median of the seeds' mean returns.

    If these means differ, the text also contains the lowest mean and the highest mean.
    """
    if facts.mean_return is None:
        return "–"
    median, least, greatest = (_number(value) for value in facts.mean_return)
    if least == greatest:
        return median
    return _("{median} ({least} to {greatest})").format(
        median=median, least=least, greatest=greatest
    )


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
