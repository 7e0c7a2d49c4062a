"""The page that puts agents side by side: one transport, shared axes, what differs in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape

import numpy as np
import streamlit as st

from pglab import palette
from pglab.algorithms.families import AgentConfig
from pglab.comparison import (
    CELLS,
    LETTERS,
    Comparison,
    Difference,
    PastComparison,
    differences_between,
    overlays,
    pair_of,
)
from pglab.comparison_plots import SideCurves, returns_figure, updates_figure
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.plots import SMOOTHING_UPDATES, x_limit
from pglab.probes import probability_map
from pglab.sides import Facts, Side, middle_of
from pglab.ui import compare_settings as settings
from pglab.ui.buttons import live_button, on_whole_page, run_or_pause
from pglab.ui.entry import fragment, page_changed, require_entry
from pglab.ui.heatmap_controls import HeatmapControls
from pglab.ui.lab import CHAPTERS, LIVE, TRANSPORT, LivePage, show_problems
from pglab.ui.panels import View, policy_panel
from pglab.ui.player import Player
from pglab.ui.seed_controls import followed_seed
from pglab.ui.settings import choice_name
from pglab.ui.stage import FigurePanel, Number, PlayerPanel, Progress, stage
from pglab.ui.turns import turn
from pglab.ui.warm_up import warm_up

KEY = "compare.page"
PLAYERS = "compare_players"
FEW_SEEDS = 3


@dataclass(kw_only=True)
class ComparePage(LivePage):
    """One visitor's comparison, and what became of those before it."""

    comparison: Comparison
    past: list[PastComparison] = field(default_factory=list)
    _players: dict[int, Player] = field(default_factory=dict)

    def player(self, index: int) -> Player:
        """The player of a side; a new run gets a new one."""
        session = self.comparison.sides[index].session
        known = self._players.get(index)
        if known is None or known.session is not session:
            known = self._players[index] = Player(session, f"player_{LETTERS[index]}")
        known.name = self.heading(index)
        return known

    def heading(self, index: int) -> str:
        """What stands before the titles of a side's panels: its letter, and which seed is seen."""
        if self.comparison.seeds == 1:
            return f"{LETTERS[index]} · "
        seed = self.comparison.sides[index].watched.config.seed
        return _("{letter}, seed {seed} · ").format(letter=LETTERS[index], seed=seed)

    def restart(self) -> None:
        """Fresh runs of what is now to be compared; the former stays as overlay and table row."""
        former = self.comparison
        former.abandon()
        self.comparison = new_comparison()
        followed = former.sides[0].followed
        self.comparison.follow(followed if followed < self.comparison.seeds else 0)
        self._players.clear()
        if former.global_step:
            self.past.append(former.summary(len(self.past) + 1))


def new_comparison() -> Comparison:
    """Fresh runs of what is now to be compared."""
    return Comparison(settings.compared(), settings.seeds(), settings.first_seed())


def compare_page() -> None:
    """Draw the page."""
    require_entry()
    warm_up()
    problems = settings.read_link()
    page: ComparePage | None = st.session_state.get(KEY)
    if page is None:
        page = ComparePage(key="compare", comparison=new_comparison())
        st.session_state[KEY] = page
    settings.side_controls(partial(_mark_stale, page))
    page.page_is_stale = False
    _follow_settings(page)
    _write_link(page)
    show_problems(problems, [])
    if page.comparison.problem is not None:
        st.error(page.comparison.problem)
    fragment(_transport, TRANSPORT)(page)
    settings.pair_menu(partial(_start, page))
    _words(page.comparison)
    fragment(_live, LIVE)(page)
    fragment(_view_controls)(page)
    fragment(_past, CHAPTERS)(page)


def _mark_stale(page: ComparePage) -> None:
    page.page_is_stale = True


def _follow_settings(page: ComparePage) -> None:
    """Bring the runs in line with what the controls say."""
    with page.comparison.lock:
        if page_changed():
            page.comparison.pause()
        now = page.comparison
        wanted = settings.compared(), settings.seeds(), settings.first_seed()
        if wanted != (now.configs, now.seeds, now.first_seed):
            page.restart()
            if now.running:
                page.comparison.run()


def _start(page: ComparePage, configs: tuple[AgentConfig, ...]) -> None:
    """A ready-made comparison starts with the click that chooses it."""
    with page.comparison.lock:
        page.comparison.pause()
        settings.compare(configs)
        page.restart()
        page.comparison.run()
    _mark_stale(page)


def _view_controls(page: ComparePage) -> None:
    """Whether the players are shown, and the axes of the heatmaps of each environment."""

    def redraw() -> None:
        _write_link(page)
        st.rerun(LIVE)

    comparison = page.comparison
    heatmaps = _heatmaps(comparison.configs)
    with st.container(horizontal=True, vertical_alignment="bottom", key="view"):
        st.toggle(
            _("Show the agents playing"),
            key=PLAYERS,
            help=_("Fresh episodes of each side. Training slows down meanwhile."),
            persist_state="session",
            on_change=redraw,
        )
        followed_seed(
            "compare.followed", comparison.seeds, comparison.first_seed, comparison.follow
        )
        for env_id, controls in heatmaps.items():
            if len(heatmaps) > 1:
                st.markdown(f"**{env_id}**", width="content")
            controls.draw(redraw)


def _heatmaps(configs: Sequence[AgentConfig]) -> dict[str, HeatmapControls]:
    """The controls of the heatmaps, by environment; A's is first."""
    found: dict[str, HeatmapControls] = {}
    for config in configs:
        env_id = config.env_id
        link = settings.OTHER_VIEW if found else ""
        info = ENVIRONMENTS[env_id]
        found.setdefault(env_id, HeatmapControls(f"compare.{env_id}", info, link=link))
    return found


def _write_link(page: ComparePage) -> None:
    """Make the address open this comparison with these heatmaps."""
    parameters: dict[str, str] = {}
    for controls in _heatmaps(page.comparison.configs).values():
        parameters |= controls.parameters()
    settings.write_link(parameters)


def _transport(page: ComparePage) -> None:
    page.redraw_stale_page()
    comparison = page.comparison
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="transport"):
        st.markdown("#### " + _("Compare"), width="content")
        run_or_pause(
            comparison.lock,
            running=comparison.running,
            finished=comparison.finished,
            run=comparison.run,
            pause=comparison.pause,
        )
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
                help=_("Pause, then let every agent take exactly so many environment steps."),
            )
        st.button(
            _("Reset"),
            icon=":material/replay:",
            key="reset",
            shortcut="b",
            on_click=on_whole_page(page, comparison.lock, page.restart),
            help=_("Back to the same start. This comparison stays as an overlay and in the table."),
        )


def _advance(comparison: Comparison, steps: int) -> None:
    comparison.pause()
    comparison.advance(steps)


def _words(comparison: Comparison) -> None:
    """What differs, and how much can be concluded from it."""
    found = differences_between(comparison.configs)
    text = " · ".join(_in_words(difference) for difference in found)
    if not found:
        st.caption(_("A and B have the same settings: every difference would be chance."))
    elif len(found) == 1 or pair_of(comparison.configs) == CELLS:
        st.caption(text)
    else:
        st.caption(
            _(
                ":orange[:material/warning: {n} things differ at once], so no result can be put "
                "down to one of them: {text}"
            ).format(n=len(found), text=text)
        )


def _in_words(difference: Difference) -> str:
    lettered = zip(LETTERS, difference.values, strict=False)
    values = ", ".join(f"{letter} {choice_name(value)}" for letter, value in lettered)
    return f"**{difference.label}**: {values}"


def _live(page: ComparePage) -> None:
    page.redraw_stale_page()
    comparison = page.comparison
    with turn(page, comparison):
        with comparison.lock:
            panels = _panels(page, comparison)
            page.sequence += 1
            facts = [side.facts() for side in comparison.sides]
            numbers, progress = _numbers(comparison, facts), _progress(comparison)
            running = comparison.busy
        stage(
            key="compare.stage",
            sequence=page.sequence,
            running=running,
            numbers=numbers,
            progress=progress,
            panels=panels,
        )
        st.html(_facts_table(facts, comparison.seeds))


def _panels(page: ComparePage, comparison: Comparison) -> list[FigurePanel | PlayerPanel]:
    sides = comparison.sides
    earlier = overlays(page.past, comparison.configs)
    reached = max([comparison.global_step, *(float(curve.steps[-1]) for curve in earlier)])
    limit = x_limit(reached, comparison.total_steps)
    drawn: list[FigurePanel | PlayerPanel] = [
        FigurePanel(
            "returns",
            _("Returns"),
            _seeds_in_words(comparison) + (_(" · dotted: earlier") if earlier else ""),
            returns_figure(
                [_side_curves(*lettered) for lettered in _lettered(sides)],
                limit,
                _return_range(sides),
                earlier,
            ),
            alt=_("Smoothed returns of all sides over environment steps."),
        ),
        _beside_returns(sides, limit),
    ]
    heatmaps = _heatmaps(comparison.configs)
    for index, side in enumerate(sides):
        drawn += _side_panels(page, index, heatmaps[side.config.env_id].view())
    return drawn


def _side_panels(page: ComparePage, index: int, view: View) -> list[FigurePanel | PlayerPanel]:
    """The policy's heatmap of one side, beside its player where those are shown."""
    side = page.comparison.sides[index]
    key, heading = f"policy_{LETTERS[index]}", page.heading(index)
    probabilities = probability_map(side.watched.networks["policy"], view.plane, view.action)
    if not st.session_state.get(PLAYERS, False):
        nowhere = np.empty((0, 2), np.float32)
        return [policy_panel(probabilities, view, nowhere, key, None, heading)]
    showing = page.player(index).show(side, view.plane)
    heatmap = policy_panel(probabilities, view, showing.path, key, showing.panel.key, heading)
    return [showing.panel, heatmap]


def _side_curves(letter: str, colour: str, side: Side) -> SideCurves:
    curves = side.curves()
    band = side.band(curves)
    return SideCurves(letter, colour, curves, middle_of(curves, band), side.points(), band)


def _beside_returns(sides: Sequence[Side], limit: float) -> FigurePanel:
    """The interference of the sides that share a body; the policies' entropy where none does."""
    shown = [lettered for lettered in _lettered(sides) if lettered[2].shares_body]
    most = max(float(np.log(len(ENVIRONMENTS[s.config.env_id].actions))) for s in sides)
    column, label, span = ("cosine", _("cosine"), (-1.0, 1.0))
    title = _("Interference")
    subtitle = _("cosine of the two gradients · first seed · mean of {n} updates")
    if not shown:
        shown = _lettered(sides)
        column, label, span = ("entropy", _("entropy"), (0.0, most))
        title = _("Entropy of the policy")
        subtitle = _("nats; 0 is deterministic · first seed · mean of {n} updates")
    subtitle = subtitle.format(n=SMOOTHING_UPDATES)
    curves = [(letter, colour, side.updates(column)) for letter, colour, side in shown]
    return FigurePanel(
        column,
        title,
        subtitle,
        updates_figure(curves, limit, label, span),
        patient=True,
        alt=f"{title}: {subtitle}",
    )


def _lettered(sides: Sequence[Side]) -> list[tuple[str, str, Side]]:
    return list(zip(LETTERS, palette.SIDES, sides, strict=False))


def _return_range(sides: Sequence[Side]) -> tuple[float, float]:
    ranges = [ENVIRONMENTS[side.config.env_id].return_range for side in sides]
    return min(low for low, _high in ranges), max(high for _low, high in ranges)


def _seeds_in_words(comparison: Comparison) -> str:
    first = comparison.first_seed
    if comparison.seeds == 1:
        return _("one seed ({seed}): an anecdote, not a result").format(seed=first)
    text = _("{n} seeds per side from {first}, band: middle half, up to step {step:,}").format(
        n=comparison.seeds, first=first, step=comparison.steps_of_all
    )
    return text if comparison.seeds > FEW_SEEDS else text + _(" · still few")


def _numbers(comparison: Comparison, facts: Sequence[Facts]) -> list[Number]:
    rate = comparison.pacemaker.steps_per_second if comparison.running else None
    numbers = [
        Number(
            _("environment steps each"),
            f"{comparison.global_step:,}",
            _("Every agent has taken exactly so many; further seeds follow and come to the same."),
        )
    ]
    for letter, of_side in zip(LETTERS, facts, strict=False):
        mean = of_side.mean_return
        numbers.append(
            Number(
                _("{letter}: mean return").format(letter=letter),
                "–" if mean is None else _number(mean[0]),
                _("Mean of the last 100 returns; with several seeds, their median."),
            )
        )
    numbers.append(
        Number(
            _("steps per second, each"),
            "–" if rate is None else f"{rate:,.0f}",
            _("Environment steps of each agent per second of your time."),
        )
    )
    return numbers


def _progress(comparison: Comparison) -> Progress:
    return Progress(
        fraction=comparison.global_step / comparison.total_steps,
        label=_("{done:,} of {total:,} steps · training is not stopped when solved").format(
            done=comparison.global_step, total=comparison.total_steps
        ),
        marker_label=None,
    )


def _rows(facts: Sequence[Facts], seeds: int) -> dict[str, list[str]]:
    """What the sides have come to, by name of the fact, in words and numbers."""
    if seeds == 1:
        returns = _("mean of the last 100 returns, one seed")
        steps = _("gradient steps, one seed")
    else:
        returns = _("mean of the last 100 returns, median of {n} seeds (least to greatest)").format(
            n=seeds
        )
        steps = _("gradient steps, {n} seeds together").format(n=seeds)
    return {
        returns: [_mean_return(of) for of in facts],
        _("parameters of the networks"): [f"{of.parameters:,}" for of in facts],
        steps: [f"{of.gradient_steps:,}" for of in facts],
        _("time to train 1,000 environment steps (ms)"): [
            _or_dash(of.milliseconds_per_1000_steps, ",.0f") for of in facts
        ],
        _("share of updates with opposed gradients on a shared body"): [
            _or_dash(of.opposed, ".0%") for of in facts
        ],
    }


def _mean_return(facts: Facts) -> str:
    """The median over seeds; where they differ, also the least and the greatest."""
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


def _facts_table(facts: Sequence[Facts], seeds: int) -> str:
    head = "".join(
        f'<th style="color:{colour}">{letter}</th>'
        for letter, colour, _facts in zip(LETTERS, palette.SIDES, facts, strict=False)
    )
    body = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(v)}</td>' for v in values)}</tr>"
        for name, values in _rows(facts, seeds).items()
    )
    return f'<table class="pgl-facts"><tr><th></th>{head}</tr>{body}</table>'


def _row(past: PastComparison, letters: str) -> dict[str, str]:
    """A former comparison, for the table; a side that it did not have stays empty."""
    texts = [_in_words(d).replace("**", "") for d in differences_between(past.configs)]
    returns = dict.fromkeys(letters, "") | dict(
        zip(LETTERS, map(_mean_return, past.facts), strict=False)
    )
    return {
        _("comparison"): str(past.number),
        _("pair"): settings.pair_title(past.configs),
        _("seeds"): _seed_range(past.first_seed, past.seeds),
        _("environment steps"): f"{past.global_step:,}",
        **{_("{letter}: mean return").format(letter=key): text for key, text in returns.items()},
        _("what differs"): " · ".join(texts) or _("nothing"),
    }


def _seed_range(first: int, seeds: int) -> str:
    return str(first) if seeds == 1 else f"{first}–{first + seeds - 1}"


def _past(page: ComparePage) -> None:
    if page.past:
        letters = LETTERS[: max(len(past.configs) for past in page.past)]
        st.markdown("##### " + _("Earlier comparisons of this visit"))
        st.caption(
            _(
                "Mean returns are of the last 100 episodes; where there are several seeds, their "
                "median, with the least and the greatest."
            )
        )
        st.dataframe([_row(past, letters) for past in reversed(page.past)], hide_index=True)
