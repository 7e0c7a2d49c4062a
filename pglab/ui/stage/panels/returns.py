"""The return plot: every episode, earlier runs, what is usual, and the loss below it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pglab.config import ActorCriticConfig, RunConfig, describe_settings, format_value
from pglab.curves import SMOOTHING_UPDATES, Curve, UsualBand
from pglab.language import _
from pglab.plots.returns import LossPlot, ReturnPlot, return_figure
from pglab.session.bench import OVERLAYS_KEPT, Bench, PastRun
from pglab.session.history import Change
from pglab.session.run_differences import Course, differences_in_words
from pglab.session.training_session import TrainingSession
from pglab.ui.stage.panels.scenery import Scenery
from pglab.ui.stage.stage import FigurePanel, Heading


def returns(scene: Scenery) -> FigurePanel:
    """Return of every episode, earlier runs, and what the defaults usually give."""
    return FigurePanel(
        "returns",
        _("Return of each episode"),
        _returns_subtitle(scene),
        return_figure(_return_plot(scene, None)),
        alt=_("Return of each episode over environment steps, with a smoothed line."),
        detail=_returns_detail(scene),
    )


def returns_over_loss(scene: Scenery) -> FigurePanel:
    """The returns, and below them on the same axis the loss, which does not tell how they go."""
    title, (subtitle, detail) = loss_title(scene.bench.session), _about_loss(scene.bench.session)
    below = _("Below, on the same axis, the loss of each update: {text}.").format(text=subtitle)
    return FigurePanel(
        "returns",
        _("Return of each episode"),
        _returns_subtitle(scene),
        return_figure(_return_plot(scene, _loss_plot(scene))),
        alt=_("Return of each episode over environment steps, with a smoothed line. ") + below,
        detail=_returns_detail(scene),
        lower=Heading(title, subtitle, detail),
    )


def _return_plot(scene: Scenery, loss: LossPlot | None) -> ReturnPlot:
    bench = scene.bench
    solved_at = bench.session.history.solved_at
    return ReturnPlot(
        run=bench.curve(),
        earlier=bench.earlier_curves(lambda past: past_label(past, bench, scene.step_limit)),
        usual=scene.usual,
        limit=scene.step_limit,
        return_range=scene.info.return_range,
        changes=_change_marks(bench.session),
        solved=None
        if solved_at is None
        else (
            solved_at,
            _("solved: reading reached {goal:g}").format(goal=bench.session.config.success_return),
        ),
        reading=_reading_curve(bench),
        guess=bench.guess,
        seeds=bench.seed_curves(),
        spread=scene.spread,
        loss=loss,
    )


def _loss_plot(scene: Scenery) -> LossPlot:
    updates = scene.bench.session.history.updates
    known = ~np.isnan(updates["actor_loss"])
    every = Curve(
        updates["global_step"][known],
        updates["actor_loss"][known],
        loss_title(scene.bench.session),
    )
    return LossPlot(every, updates.rows_for(SMOOTHING_UPDATES) if _learns_often(scene) else 1)


def _learns_often(scene: Scenery) -> bool:
    """Whether one update says little, being of a few steps."""
    return isinstance(scene.bench.session.config, ActorCriticConfig)


def loss_title(session: TrainingSession) -> str:
    """The loss that is drawn: with a critic there are two."""
    return _("Actor's loss") if isinstance(session.config, ActorCriticConfig) else _("Loss")


def _about_loss(session: TrainingSession) -> tuple[str, str]:
    """Why the loss does not tell how well the agent does, in few words and in some more."""
    config = session.config
    rest = _(
        "The loss is built so that its gradient is the policy gradient. Its value compares no two "
        "updates: each batch comes from another policy and has weights of its own."
    )
    if isinstance(config, ActorCriticConfig):
        return _("no score: its critic changes too"), rest
    if config.baseline == "none" and not config.normalize_returns:
        return _("no score: better episodes can raise it"), rest
    return _("no score: near 0 for good policies and bad ones"), rest


def past_label(past: PastRun, bench: Bench, limit: float) -> str:
    """What an earlier run did differently from the present one, as far as it is drawn."""
    session = bench.session
    found = differences_in_words(
        Course(past.config, past.changes),
        Course(session.initial_config, session.history.changes),
        min(past.global_step, limit),
    )
    return _("run {n}: {text}").format(n=past.number, text=", ".join(found) or _("same settings"))


def change_label(change: Change, config: RunConfig) -> str:
    """What was changed on the way: "γ 0.9"."""
    texts = {name: format_value(value) for name, value in change.settings.items()}
    return describe_settings(type(config), texts)


def _change_marks(session: TrainingSession) -> list[tuple[int, str]]:
    """Step and label of the changes, those that no update came between drawn as one."""
    merged: dict[int, Change] = {}
    for change in session.history.changes:
        before = merged.get(change.update)
        settings = {**(before.settings if before else {}), **change.settings}
        merged[change.update] = replace(change, settings=settings)
    return [(c.global_step, change_label(c, session.config)) for c in merged.values()]


def _returns_subtitle(scene: Scenery) -> str:
    parts = [_seeds_in_words(scene.bench, scene.spread)]
    if len(scene.bench.past) > OVERLAYS_KEPT:
        parts.append(_("last {n} earlier runs").format(n=OVERLAYS_KEPT))
    if scene.usual is not None:
        parts.append(scene.usual.label)
    return " · ".join(parts)


def _returns_detail(scene: Scenery) -> str:
    """What the terms and lines of the return plot mean."""
    bench = scene.bench
    parts = [reading_explained(bench.session.config)]
    if bench.group is not None:
        parts.append(
            _(
                "Median and band are over the seeds that still train: one that has stopped, solved "
                "or diverged, leaves them, and they end when fewer than half are left. Those left "
                "are then the slower ones, so the dotted part of the median may fall."
            )
        )
    parts.append(
        _(
            "Of many episodes the first, the lowest and the highest in each of equal stretches of "
            "steps are drawn; the line is the mean of them all. The axis suits this run; a double "
            "click shows earlier runs to their ends."
        )
    )
    return "\n".join(parts)


def reading_explained(config: RunConfig) -> str:
    """The seminar's reading in a sentence."""
    return _(
        "Seminar's reading: mean return of the last {n} episodes that counted, the first to end "
        "after each {interval:,} steps. Solved means that it has reached {goal:g}, with all {n}. "
        "Long episodes count more often than short ones, so it is above the mean of all episodes."
    ).format(
        n=config.smoothing_window,
        interval=config.eval_interval,
        goal=config.success_return,
    )


def _seeds_in_words(bench: Bench, spread: UsualBand | None) -> str:
    first = bench.session.config.seed
    if bench.group is None:
        return _("one seed ({seed})").format(seed=first)
    told = _("{n} seeds from {first}, band: middle half, up to step {step:,}")
    text = told.format(n=bench.seeds, first=first, step=bench.group.steps)
    if spread is None or spread.seeds is None or spread.seeds[-1] == bench.seeds:
        return text
    stopped = int(spread.steps[np.argmax(spread.seeds < bench.seeds)])
    return _(
        "{n} seeds from {first}, median of those that still train: fewer from {step:,}"
    ).format(n=bench.seeds, first=first, step=stopped)


def _reading_curve(bench: Bench) -> Curve:
    episodes = bench.session.history.episodes
    counted = ~np.isnan(episodes["reading"])
    return Curve(
        episodes["global_step"][counted], episodes["reading"][counted], _("seminar's reading")
    )
